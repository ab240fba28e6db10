/** What S3, the SDK and the network say, as a DunlinError: what happened, to which URI, and what to do about it. */
import { DunlinError, type ErrorCode, notFound } from '../../../src/worker.ts'
import { CREDENTIALS_HINT, isRegionMissing, NOT_AUTHENTICATED } from '../not-authenticated.ts'

/** The permission that a request needs. */
export type S3Action =
  | 's3:GetObject'
  | 's3:PutObject'
  | 's3:DeleteObject'
  | 's3:ListBucket'
  | 's3:AbortMultipartUpload'
  | 's3:ListBucketMultipartUploads'

/** What an error of the SDK, or of Node's sockets, may have. */
interface Said {
  readonly name?: string
  readonly code?: unknown
  readonly Code?: string
  readonly message?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

interface Meaning {
  readonly code: ErrorCode
  readonly text: string
  readonly retryable?: boolean
  readonly hint?: string
}

export function statusOf(error: unknown): number | undefined {
  return (error as Said | null)?.$metadata?.httpStatusCode
}

/** The name that S3 gives its errors: `NoSuchKey`, `SlowDown`. */
export function nameOf(error: unknown): string {
  const { name, Code, code } = (error ?? {}) as Said
  if (name !== undefined && !PLAIN_NAMES.has(name)) return name
  return Code ?? (typeof code === 'string' ? code : (name ?? ''))
}

const PLAIN_NAMES: ReadonlySet<string> = new Set([
  'Error',
  'TypeError',
  'S3ServiceException',
  'AggregateError',
])

export function isPreconditionFailed(error: unknown): boolean {
  return statusOf(error) === 412 || nameOf(error) === 'PreconditionFailed'
}

export function isInvalidRange(error: unknown): boolean {
  return statusOf(error) === 416 || nameOf(error) === 'InvalidRange'
}

/** Of a request for an object. A bucket that is missing is another thing, but HEAD does not tell one from the other. */
export function isMissing(error: unknown): boolean {
  return nameOf(error) === 'NoSuchKey' || nameOf(error) === 'NotFound'
}

export function s3Error(
  error: unknown,
  asked: { readonly action: S3Action; readonly uri: string; readonly signal?: AbortSignal | undefined },
): DunlinError {
  if (error instanceof DunlinError) return error
  const { action, uri, signal } = asked
  if (signal?.aborted) {
    return new DunlinError('CANCELLED', `cancelled while working on ${uri}`, { cause: signal.reason })
  }
  if (isMissing(error)) return notFound(uri, error)
  const { code, text, hint, retryable = false } = meaningOf(error, uri, action)
  const id = (error as Said | null)?.$metadata?.requestId
  const said = `${uri}: ${text}${id === undefined ? '' : ` (request ${id})`}`
  return new DunlinError(code, said, { cause: error, retryable, ...(hint !== undefined && { hint }) })
}

function meaningOf(error: unknown, uri: string, action: S3Action): Meaning {
  const name = nameOf(error)
  const status = statusOf(error)
  const { message = String(error) } = (error ?? {}) as Said
  const text = name === '' || message.startsWith(name) ? message : `${name}: ${message}`
  const bucket = uri.split('/')[2] ?? ''
  if (name === 'NoSuchBucket') {
    return {
      code: 'CONFIGURATION',
      text: `there is no bucket ${bucket}`,
      hint: `Check the name, the account and the endpoint, or make the bucket: aws s3 mb s3://${bucket}`,
    }
  }
  if (WRONG_REGION.has(name) || status === 301 || (status === 400 && regionOf(error) !== undefined)) {
    const region = regionOf(error)
    const where = region === undefined ? 'another region' : `the region ${region}`
    const hint =
      region === undefined
        ? `Set AWS_REGION to the region of the bucket: aws s3api head-bucket --bucket ${bucket}`
        : `Set AWS_REGION=${region}, or that region in dunlin.config.ts.`
    return { code: 'CONFIGURATION', text: `the bucket ${bucket} is in ${where} (${text})`, hint }
  }
  if (isRegionMissing(error)) {
    return {
      code: 'CONFIGURATION',
      text: 'no AWS region is configured',
      hint: 'Set AWS_REGION, or the region in dunlin.config.ts, to the region of the bucket.',
    }
  }
  const known = NOT_AUTHENTICATED.get(name)
  if (known !== undefined)
    return { code: 'CONFIGURATION', text: `${known} (${text})`, hint: CREDENTIALS_HINT }
  if (name === 'RequestTimeTooSkewed') {
    // The SDK has learnt the difference from this answer.
    const hint = 'Set the clock of this machine.'
    return { code: 'CONFIGURATION', text: `this machine's clock is wrong (${text})`, retryable: true, hint }
  }
  if (name.startsWith('KMS.')) {
    return {
      code: name.includes('AccessDenied') ? 'ACCESS_DENIED' : 'CONFIGURATION',
      text: `the key of KMS cannot be used (${text})`,
      hint: 'Check kmsKeyId, the state of the key, and the grants kms:GenerateDataKey and kms:Decrypt.',
    }
  }
  if (name === 'InvalidObjectState') {
    return { code: 'STORE', text: `the object is archived (${text})`, hint: 'Restore it before it is read.' }
  }
  if (status === 403) {
    return {
      code: 'ACCESS_DENIED',
      text: `S3 refused (${text})`,
      hint: `Grant ${action} on ${resourceOf(uri, bucket, action)}; ${WITHOUT_LIST}`,
    }
  }
  if (THROTTLES.has(name) || status === 503 || status === 429) {
    return { code: 'THROTTLED', text: `S3 asks for fewer requests (${text})`, retryable: true }
  }
  if (name === 'EntityTooLarge') return { code: 'TOO_LARGE', text }
  if (status === 507 || name === 'QuotaExceeded' || name === 'XMinioStorageFull') {
    return { code: 'NO_SPACE', text }
  }
  if (/^Checksum mismatch/.test(message) || CHECKSUM_REFUSALS.has(name)) {
    return { code: 'CORRUPT', text: `bytes were changed on their way (${text})`, retryable: true }
  }
  if (error instanceof TypeError || error instanceof RangeError) return { code: 'STORE', text }
  const endpointHint = 'Check the network, and the endpoint if one is configured.'
  if (status === undefined || (status === 200 && (error as Error).name !== 'S3ServiceException')) {
    return { code: 'STORE', text: `no whole answer came (${text})`, retryable: true, hint: endpointHint }
  }
  // 409: another write of the same key was under way.
  const retryable = status >= 500 || status === 409 || status === 200 || AGAIN.has(name)
  return { code: 'STORE', text: `S3 answered ${status} (${text})`, retryable }
}

const WRONG_REGION: ReadonlySet<string> = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
])

const THROTTLES: ReadonlySet<string> = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
])

const CHECKSUM_REFUSALS: ReadonlySet<string> = new Set([
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'InvalidDigest',
])

/** Refusals with status 400 that another try may not meet. */
const AGAIN: ReadonlySet<string> = new Set(['RequestTimeout', 'IncompleteBody', 'OperationAborted'])

const WITHOUT_LIST = 'without s3:ListBucket S3 says the same of objects that do not exist'

function resourceOf(uri: string, bucket: string, action: S3Action): string {
  if (action.startsWith('s3:ListBucket')) return `arn:aws:s3:::${bucket}`
  return `arn:aws:s3:::${uri.slice('s3://'.length)}`
}

function regionOf(error: unknown): string | undefined {
  return (error as Said).$response?.headers?.['x-amz-bucket-region'] ?? (error as { Region?: string }).Region
}
