/** checkBucket: whether the bucket of jobs is there, in this region, and ours to use. */
import type { S3 } from '@aws-sdk/client-s3'
import { DunlinError, patiently, systemClock, systemRandom } from '../../src/worker.ts'
import { isMissing, s3Error } from './s3/s3-error.ts'

/** @throws CONFIGURATION where it is missing or in another region; ACCESS_DENIED */
export async function checkBucket(s3: S3, bucket: string): Promise<void> {
  const uri = `s3://${bucket}/`
  const ask = async (): Promise<void> => {
    try {
      await s3.headBucket({ Bucket: bucket })
    } catch (error) {
      throw isMissing(error) ? missing(bucket, error) : s3Error(error, { action: 's3:ListBucket', uri })
    }
  }
  await patiently(ask, { clock: systemClock, random: systemRandom, uri, signal: undefined })
}

/** Makes it where it is missing: for servers of this machine. */
export async function ensureBucket(s3: S3, bucket: string, region: string): Promise<void> {
  try {
    await s3.headBucket({ Bucket: bucket })
    return
  } catch (error) {
    if (!isMissing(error)) throw s3Error(error, { action: 's3:ListBucket', uri: `s3://${bucket}/` })
  }
  const elsewhere = region !== 'us-east-1'
  await s3
    .createBucket({
      Bucket: bucket,
      ...(elsewhere && { CreateBucketConfiguration: { LocationConstraint: region as 'eu-central-1' } }),
    })
    .catch((error: unknown) => {
      throw s3Error(error, { action: 's3:PutObject', uri: `s3://${bucket}/` })
    })
}

function missing(bucket: string, cause: unknown): DunlinError {
  return new DunlinError('CONFIGURATION', `there is no bucket ${bucket}, where jobs keep their data`, {
    cause,
    hint: 'Make it: `dunlin deploy`. Or name the one that there is: aws.bucket in dunlin.config.ts.',
  })
}
