/** Moving an object: S3 copies it by itself, then the first one is deleted. */
import { notFound } from '../../../src/worker.ts'
import { deleteObjects } from './delete-objects.ts'
import { MultipartUpload } from './multipart-upload.ts'
import { headObject } from './read-object.ts'
import { ask, encryptionOf, objectOf, type S3Requests } from './s3-requests.ts'

/** What one CopyObject takes. */
const LARGEST_COPY_BYTES = 5 * 2 ** 30
const PART_BYTES = 512 * 2 ** 20

export interface MoveLimits {
  readonly largestCopyBytes: number
  readonly partBytes: number
}

/** What is copied and what is deleted are the same version: a move that is cut short leaves both, or can be done again. */
export async function moveObject(
  requests: S3Requests,
  from: string,
  to: string,
  signal: AbortSignal | undefined,
  limits: MoveLimits = { largestCopyBytes: LARGEST_COPY_BYTES, partBytes: PART_BYTES },
): Promise<void> {
  const { root, s3 } = requests
  const info = await headObject(requests, from, signal)
  if (info === undefined) throw notFound(root.uri + from)
  if (from === to) return
  const path = `${root.bucket}/${(root.prefix + from).split('/').map(encodeURIComponent).join('/')}`
  const etag = `"${info.version}"`
  if (info.sizeBytes <= limits.largestCopyBytes) {
    await ask(requests, { action: 's3:PutObject', uri: root.uri + to, signal }, http =>
      s3.copyObject(
        {
          ...objectOf(requests, to),
          ...encryptionOf(requests),
          ...(requests.settings.expectedBucketOwner !== undefined && {
            ExpectedSourceBucketOwner: requests.settings.expectedBucketOwner,
          }),
          CopySource: path,
          CopySourceIfMatch: etag,
        },
        http,
      ),
    )
  } else {
    await copyInParts(requests, { path, etag, sizeBytes: info.sizeBytes }, to, { signal, ...limits })
  }
  await deleteObjects(requests, [from], signal)
}

async function copyInParts(
  requests: S3Requests,
  source: { readonly path: string; readonly etag: string; readonly sizeBytes: number },
  to: string,
  { signal, partBytes }: { readonly signal: AbortSignal | undefined; readonly partBytes: number },
): Promise<void> {
  const upload = await MultipartUpload.begin(requests, to, signal)
  try {
    for (let first = 0; first < source.sizeBytes; first += partBytes) {
      const last = Math.min(first + partBytes, source.sizeBytes) - 1
      await upload.addCopy({ path: source.path, etag: source.etag, first, last })
    }
    await upload.complete({ ifAbsent: false })
  } catch (error) {
    await upload.abort()
    throw error
  }
}
