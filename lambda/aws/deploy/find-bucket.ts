/** Whether a bucket is there, and whose it is. */
import type { S3 } from '@aws-sdk/client-s3'
import { DunlinError } from '../../../src/worker.ts'
import { isMissing, nameOf, s3Error, statusOf } from '../s3/s3-error.ts'
import type { Caller } from './caller.ts'

/**
 * False where there is none.
 *
 * @throws ACCESS_DENIED where it is another account's, or may not be looked at; CONFIGURATION where it is in another region
 */
export async function hasBucket(s3: S3, bucket: string, caller: Caller): Promise<boolean> {
  try {
    await s3.headBucket({ Bucket: bucket, ExpectedBucketOwner: caller.account })
    return true
  } catch (error) {
    if (isMissing(error) || nameOf(error) === 'NoSuchBucket' || statusOf(error) === 404) return false
    if (statusOf(error) === 403) {
      throw new DunlinError(
        'ACCESS_DENIED',
        `the bucket ${bucket} is another account's, or may not be listed`,
        {
          cause: error,
          hint: `Buckets of the world share their names: choose another name, or grant s3:ListBucket on arn:aws:s3:::${bucket}.`,
        },
      )
    }
    throw s3Error(error, { action: 's3:ListBucket', uri: `s3://${bucket}/` })
  }
}
