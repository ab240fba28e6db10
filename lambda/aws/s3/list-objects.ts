/** Listing the objects below a prefix, a thousand a request; S3 gives them in the order of their UTF-8 bytes. */
import { checkKey, type ObjectInfo, throwIfAborted } from '../../../src/worker.ts'
import { ask, bucketOf, type S3Requests, versionOf } from './s3-requests.ts'

export async function* listObjects(
  requests: S3Requests,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectInfo> {
  const { root, s3 } = requests
  const asked = { action: 's3:ListBucket', uri: root.uri + prefix, signal } as const
  let after: string | undefined
  do {
    const input = {
      ...bucketOf(requests),
      Prefix: root.prefix + prefix,
      // In XML not every key can be written.
      EncodingType: 'url' as const,
      ...(after !== undefined && { ContinuationToken: after }),
    }
    const page = await ask(requests, asked, http => s3.listObjectsV2(input, http))
    for (const { Key = '', Size = 0, ETag } of page.Contents ?? []) {
      throwIfAborted(signal, asked.uri)
      const key = (page.EncodingType === 'url' ? decoded(Key) : Key).slice(root.prefix.length)
      // What consoles make where a person makes a folder.
      if (Size === 0 && (key === '' || key.endsWith('/'))) continue
      // A name that cannot be a key must not be passed over in silence.
      checkKey(key, root.uri)
      yield { key, sizeBytes: Size, version: versionOf(ETag) }
    }
    after = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (after !== undefined)
}

/** As S3 encodes keys in its answers. */
export function decoded(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '))
}
