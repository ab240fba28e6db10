/** What all requests of a store have in common: the client, the bucket, and how they are sent again. */
import type { S3 } from '@aws-sdk/client-s3'
import {
  type Clock,
  patiently,
  type Randomness,
  type S3Settings,
  throwIfAborted,
} from '../../../src/worker.ts'
import type { Hedge } from './hedge.ts'
import { type S3Action, s3Error } from './s3-error.ts'
import type { S3Root } from './s3-uri.ts'

export interface S3Requests {
  readonly s3: Pick<S3, S3Call>
  readonly root: S3Root
  readonly settings: S3Settings
  readonly clock: Clock
  readonly random: Randomness
  readonly hedge: Hedge
}

/** The requests that are made, and no others. */
export type S3Call =
  | 'abortMultipartUpload'
  | 'completeMultipartUpload'
  | 'copyObject'
  | 'createMultipartUpload'
  | 'deleteObject'
  | 'deleteObjects'
  | 'getObject'
  | 'headObject'
  | 'listMultipartUploads'
  | 'listObjectsV2'
  | 'putObject'
  | 'uploadPart'
  | 'uploadPartCopy'

export interface Asked {
  readonly action: S3Action
  /** Of the object or prefix. */
  readonly uri: string
  readonly signal: AbortSignal | undefined
}

/** Sends a request until it is answered, as `patiently` does; failures become DunlinErrors that name the URI. */
export function ask<T>(
  requests: S3Requests,
  asked: Asked,
  request: (http: { readonly abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  const { clock, random } = requests
  const { uri, signal } = asked
  return patiently(
    async () => {
      throwIfAborted(signal, uri)
      try {
        return await request(signal === undefined ? {} : { abortSignal: signal })
      } catch (error) {
        throw s3Error(error, asked)
      }
    },
    { clock, random, uri, signal },
  )
}

/** The bucket as every request names it. */
export function bucketOf({ root, settings }: S3Requests): { Bucket: string; ExpectedBucketOwner?: string } {
  const { expectedBucketOwner } = settings
  return {
    Bucket: root.bucket,
    ...(expectedBucketOwner !== undefined && { ExpectedBucketOwner: expectedBucketOwner }),
  }
}

/** An object as every request names it. */
export function objectOf(
  requests: S3Requests,
  key: string,
): { Bucket: string; Key: string; ExpectedBucketOwner?: string } {
  return { ...bucketOf(requests), Key: requests.root.prefix + key }
}

/** How what is written is encrypted. */
export function encryptionOf({ settings }: S3Requests): {
  ServerSideEncryption?: 'aws:kms'
  SSEKMSKeyId?: string
} {
  const { kmsKeyId } = settings
  return kmsKeyId === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId }
}

/** An ETag without its quotes: what versions are. */
export function versionOf(etag: string | undefined): string {
  return (etag ?? '').replace(/^"|"$/g, '')
}
