/** Writing an object by one request. */
import type { PutResult } from '../../../src/worker.ts'
import { ownMetadata, settle } from './own-write.ts'
import { isPreconditionFailed } from './s3-error.ts'
import { ask, encryptionOf, objectOf, type S3Requests, versionOf } from './s3-requests.ts'

/**
 * A put that replaces can be sent again as it is. One with `ifAbsent` may meet its own object then: 412 after an answer
 * that never came is settled by looking whose the object is.
 */
export function putObject(
  requests: S3Requests,
  key: string,
  body: Uint8Array,
  options: { readonly ifAbsent: boolean; readonly signal: AbortSignal | undefined },
): Promise<PutResult> {
  const { ifAbsent, signal } = options
  const metadata = ifAbsent ? ownMetadata(requests.random) : undefined
  const input = {
    ...objectOf(requests, key),
    ...encryptionOf(requests),
    ...(metadata !== undefined && { IfNoneMatch: '*', Metadata: { ...metadata } }),
    Body: body,
  }
  let sent = 0
  const asked = { action: 's3:PutObject', uri: requests.root.uri + key, signal } as const
  return ask(requests, asked, async http => {
    sent++
    try {
      return { created: true, version: versionOf((await requests.s3.putObject(input, http)).ETag) }
    } catch (error) {
      if (metadata === undefined || !isPreconditionFailed(error)) throw error
      return sent === 1 ? { created: false } : settle(requests, key, metadata, http)
    }
  })
}
