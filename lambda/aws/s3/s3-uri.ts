/** What an `s3://` root URI names: a bucket, and what all keys begin with. */
import { DunlinError } from '../../../src/worker.ts'

export interface S3Root {
  /** With `/` at its end. */
  readonly uri: string
  readonly bucket: string
  /** `''`, or ending in `/`. */
  readonly prefix: string
}

/** Buckets of today, those with upper case or underscores of before 2018, and access points. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i

/**
 * Keys in `s3://` URIs are written as they are, nothing is percent-encoded.
 *
 * @throws INVALID_ARGUMENT where there is no bucket that S3 could have
 *
 * @example
 * parseS3Uri('s3://shop/orders/2026') // { uri: 's3://shop/orders/2026/', bucket: 'shop', prefix: 'orders/2026/' }
 */
export function parseS3Uri(uri: string): S3Root {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)\/*(.*)$/is.exec(uri) ?? []
  if (!BUCKET.test(bucket)) {
    throw new DunlinError('INVALID_ARGUMENT', `${uri} names no bucket: ${JSON.stringify(bucket)}`, {
      hint: 'Write s3://bucket/path: a bucket has 3 to 63 lower-case letters, digits, dots and hyphens.',
    })
  }
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`
  return { uri: `s3://${bucket}/${prefix}`, bucket, prefix }
}
