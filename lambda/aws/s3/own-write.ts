/** Whose write an object is: each that must be told apart carries a nonce of its own in the object's metadata. */
import { DunlinError, type PutResult, type Randomness } from '../../../src/worker.ts'
import { isMissing } from './s3-error.ts'
import { objectOf, type S3Requests, versionOf } from './s3-requests.ts'

const NONCE = 'dunlin-write'
const NONCE_BYTES = 16

/** The metadata of one write. */
export function ownMetadata(random: Randomness): Readonly<Record<string, string>> {
  return { [NONCE]: random.hex(NONCE_BYTES) }
}

/**
 * What became of a write that was sent more than once, and has now been refused: its first answer may have been lost. The
 * object that is there says whose it is. Throws what can be tried again where there is none.
 */
export async function settle(
  requests: S3Requests,
  key: string,
  metadata: Readonly<Record<string, string>>,
  http: { readonly abortSignal?: AbortSignal },
): Promise<PutResult> {
  try {
    const found = await requests.s3.headObject(objectOf(requests, key), http)
    const isOurs = found.Metadata?.[NONCE] === metadata[NONCE]
    return isOurs ? { created: true, version: versionOf(found.ETag) } : { created: false }
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new DunlinError('STORE', `${requests.root.uri}${key} was there a moment ago and is gone`, {
      cause: error,
      retryable: true,
    })
  }
}
