/** Aborts multipart uploads that nobody will complete any more. */
import { decoded } from './list-objects.ts'
import { type Asked, ask, bucketOf, objectOf, type S3Requests } from './s3-requests.ts'

/** Nothing says whether the writer of an upload lives: no task takes so long. */
export const STALE_UPLOAD_MS = 24 * 3_600_000

export async function sweepUploads(
  requests: S3Requests,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { root, s3, clock } = requests
  const uri = root.uri + prefix
  const listing: Asked = { action: 's3:ListBucketMultipartUploads', uri, signal }
  let next: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined
  do {
    const input = {
      ...bucketOf(requests),
      Prefix: root.prefix + prefix,
      EncodingType: 'url' as const,
      ...next,
    }
    const page = await ask(requests, listing, http => s3.listMultipartUploads(input, http))
    const plain = (key: string): string => (page.EncodingType === 'url' ? decoded(key) : key)
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined) continue
      if (clock.now() - Initiated.getTime() < STALE_UPLOAD_MS) continue
      const key = plain(Key).slice(root.prefix.length)
      const aborting: Asked = { action: 's3:AbortMultipartUpload', uri: root.uri + key, signal }
      await ask(requests, aborting, async http => {
        try {
          await s3.abortMultipartUpload({ ...objectOf(requests, key), UploadId }, http)
        } catch (error) {
          // Another has been quicker.
          if ((error as Error).name !== 'NoSuchUpload') throw error
        }
      })
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page
    next =
      IsTruncated === true && NextKeyMarker !== undefined
        ? {
            KeyMarker: plain(NextKeyMarker),
            ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }),
          }
        : undefined
  } while (next !== undefined)
}
