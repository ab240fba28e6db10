/** openS3Store: a store by its URI and settings, over a client that all stores with the same settings share. */
import type { S3 } from '@aws-sdk/client-s3'
import { type S3Settings, systemClock } from '../../../src/worker.ts'
import { Hedge } from './hedge.ts'
import { type S3Credentials, s3Client } from './s3-client.ts'
import { S3Store } from './s3-store.ts'

/**
 * @throws INVALID_ARGUMENT for a URI without a bucket; CONFIGURATION where the AWS SDK is not installed
 *
 * @example
 * const store = await openS3Store('s3://bucket/jobs/', { endpoint: 'http://127.0.0.1:9000' })
 */
export async function openS3Store(
  uri: string,
  settings: S3Settings = {},
  credentials?: S3Credentials,
): Promise<S3Store> {
  const s3 = await s3Client(settings, credentials)
  let hedge = hedges.get(s3)
  if (hedge === undefined) hedges.set(s3, (hedge = new Hedge(systemClock)))
  return new S3Store({ uri, s3, settings, hedge })
}

/** What is slow is learnt from all requests of a client. */
const hedges = new WeakMap<S3, Hedge>()
