/** Which rights driver and worker need, and for which requests: the one table that policies are made from. */
import type { S3Action } from '../s3/s3-error.ts'
import type { S3Call } from '../s3/s3-requests.ts'

export type Who = 'driver' | 'worker'

/** Of an object or of a bucket: they are other resources to a policy. */
export const ACTION_OF: Readonly<Record<S3Call, readonly S3Action[]>> = {
  abortMultipartUpload: ['s3:AbortMultipartUpload'],
  completeMultipartUpload: ['s3:PutObject'],
  copyObject: ['s3:GetObject', 's3:PutObject'],
  createMultipartUpload: ['s3:PutObject'],
  deleteObject: ['s3:DeleteObject'],
  deleteObjects: ['s3:DeleteObject'],
  getObject: ['s3:GetObject'],
  headObject: ['s3:GetObject'],
  listMultipartUploads: ['s3:ListBucketMultipartUploads'],
  listObjectsV2: ['s3:ListBucket'],
  putObject: ['s3:PutObject'],
  uploadPart: ['s3:PutObject'],
  uploadPartCopy: ['s3:GetObject', 's3:PutObject'],
}

export const isOfBucket = (action: S3Action): boolean => action.startsWith('s3:ListBucket')

/** Parts of dunlin's own bucket, and what is granted of others. */
export type Place = 'jobs' | 'code' | 'reuse' | 'failedEvents' | 'reads' | 'writes'

/** What of the bucket a place is; `reads` and `writes` are the user's. */
export const OWN_PREFIXES: Readonly<Record<Exclude<Place, 'reads' | 'writes'>, string>> = {
  jobs: 'jobs/',
  code: 'code/',
  reuse: 'reuse/',
  failedEvents: 'aws/lambda/async/',
}

const READ: readonly S3Call[] = ['getObject', 'headObject']
const WRITE: readonly S3Call[] = [
  'putObject',
  'createMultipartUpload',
  'uploadPart',
  'completeMultipartUpload',
  'abortMultipartUpload',
]
/** A HEAD of what is not there is refused, not answered, unless the bucket may be listed. */
const LOOK: readonly S3Call[] = [...READ, 'listObjectsV2']
const CLEAR: readonly S3Call[] = [
  'deleteObject',
  'deleteObjects',
  'listMultipartUploads',
  'abortMultipartUpload',
]
const MOVE: readonly S3Call[] = ['copyObject', 'uploadPartCopy']

/** The requests that are made at each place. */
export const REQUESTS: Readonly<Record<Who, Readonly<Partial<Record<Place, readonly S3Call[]>>>>> = {
  driver: {
    // Plans, journals and leases; cleaning.
    jobs: [...LOOK, ...WRITE, ...CLEAR],
    code: [...LOOK, ...WRITE, ...CLEAR],
    reuse: [...LOOK, ...WRITE, ...CLEAR],
    // What became of events that no answer told of.
    failedEvents: LOOK,
    // Listing sources; headers, footers and samples.
    reads: LOOK,
    // Whether an output is there; moving its parts to their names.
    writes: [...LOOK, ...WRITE, ...CLEAR, ...MOVE],
  },
  worker: {
    // Plans and commits; shuffle objects and runs, and removing those of attempts that failed.
    jobs: [...LOOK, ...WRITE, 'deleteObject', 'deleteObjects'],
    code: LOOK,
    // Lambda writes with the function's role.
    failedEvents: ['putObject', 'listObjectsV2'],
    // Splits that the driver has listed.
    reads: READ,
    // Parts under the names of their attempts.
    writes: [...LOOK, ...WRITE, 'deleteObject', 'deleteObjects'],
  },
}

/** The actions of `who` at a place, without repetition, in the order of the alphabet. */
export function actionsAt(who: Who, place: Place): readonly S3Action[] {
  const calls = REQUESTS[who][place] ?? []
  return [...new Set(calls.flatMap(call => ACTION_OF[call]))].sort()
}

/** Of keys of KMS: reading needs the first, writing both. */
export const KMS_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'] as const
/** For waves, and for what `dunlin doctor` looks at. */
export const FUNCTION_ACTIONS = ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'] as const
export const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'] as const
/** `dunlin doctor` asks what the worker's role may do. */
export const ROLE_ACTIONS = ['iam:SimulatePrincipalPolicy'] as const
