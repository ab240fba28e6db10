/** Grants: which data of the user's own jobs may read and write, beside dunlin's bucket. */
import { DunlinError } from '../../../src/worker.ts'
import { parseS3Uri } from '../s3/s3-uri.ts'

/** As they are given to `dunlin deploy`, and kept in what it makes. */
export interface Grants {
  /** `s3://bucket/prefix`: sources below it may be read. */
  readonly reads: readonly string[]
  /** `s3://bucket/prefix`: outputs may be written below it. */
  readonly writes: readonly string[]
  /** Keys of KMS, by their ARNs, that encrypt what is read or written. */
  readonly kmsKeys: readonly string[]
}

export const NO_GRANTS: Grants = { reads: [], writes: [], kmsKeys: [] }

/** What lies below a prefix of a bucket. */
export interface GrantedPrefix {
  readonly bucket: string
  /** Without `/` at its end; `''` is the whole bucket. */
  readonly prefix: string
}

/** Policies take these for patterns and variables. */
const PATTERN = /[*?[\]{}$]/
const KMS_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/

/**
 * @throws INVALID_ARGUMENT for what is no `s3://` URI, or has a pattern in it
 *
 * @example
 * parseGrant('s3://shop/orders/') // { bucket: 'shop', prefix: 'orders' }
 */
export function parseGrant(uri: string): GrantedPrefix {
  const { bucket, prefix } = parseS3Uri(uri)
  if (PATTERN.test(prefix)) {
    const parts = prefix.split('/')
    const plain = parts.slice(
      0,
      parts.findIndex(part => PATTERN.test(part)),
    )
    throw new DunlinError('INVALID_ARGUMENT', `a grant is for all below a prefix, and ${uri} has a pattern`, {
      hint: `Give what stands before it: ${[`s3://${bucket}`, ...plain, ''].join('/')}`,
    })
  }
  return { bucket, prefix: prefix.replace(/\/+$/, '') }
}

/** @throws INVALID_ARGUMENT that names the grant */
export function checkGrants({ reads, writes, kmsKeys }: Grants): void {
  for (const uri of [...reads, ...writes]) parseGrant(uri)
  for (const arn of kmsKeys) {
    if (KMS_ARN.test(arn)) continue
    throw new DunlinError('INVALID_ARGUMENT', `${arn} is not the ARN of a key of KMS`, {
      hint: 'Policies know keys by their ARNs, not by aliases: arn:aws:kms:<region>:<account>:key/<id>',
    })
  }
}
