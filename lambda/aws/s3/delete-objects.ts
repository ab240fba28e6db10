/** Deleting objects, a thousand a request. */
import { DunlinError } from '../../../src/worker.ts'
import { s3Error } from './s3-error.ts'
import { type Asked, ask, bucketOf, objectOf, type S3Requests } from './s3-requests.ts'

const KEYS_AT_ONCE = 1_000
/** What XML cannot say: such keys are deleted one by one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_IN_XML = /[\u0000-\u001f\ufffe\uffff]/

export async function deleteObjects(
  requests: S3Requests,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const unique = [...new Set(keys)]
  const single = unique.length === 1 ? unique : unique.filter(key => NOT_IN_XML.test(key))
  const others = unique.length === 1 ? [] : unique.filter(key => !NOT_IN_XML.test(key))
  for (const key of single) {
    await ask(requests, deleting(requests, key, signal), http =>
      requests.s3.deleteObject(objectOf(requests, key), http),
    )
  }
  for (let at = 0; at < others.length; at += KEYS_AT_ONCE) {
    await deleteBatch(requests, others.slice(at, at + KEYS_AT_ONCE), signal)
  }
}

/** The answer is 200 also where keys are refused, each with an error of its own: those are asked for again, or thrown. */
async function deleteBatch(
  requests: S3Requests,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { prefix } = requests.root
  let left = keys
  await ask(requests, deleting(requests, keys[0]!, signal), async http => {
    const Objects = left.map(key => ({ Key: prefix + key }))
    const input = { ...bucketOf(requests), Delete: { Objects, Quiet: true } }
    const { Errors: refused = [] } = await requests.s3.deleteObjects(input, http)
    if (refused.length === 0) return
    const failures = refused.map(({ Key, Code, Message }) => {
      const key = (Key ?? prefix).slice(prefix.length)
      return { key, error: refusal(requests, key, Code, Message) }
    })
    left = failures.map(({ key }) => key)
    const worst = failures.find(({ error }) => !error.retryable) ?? failures[0]!
    if (failures.length === 1) throw worst.error
    const { code, message, hint, retryable } = worst.error
    const more = `${message}; so with ${failures.length - 1} more of ${keys.length} keys`
    throw new DunlinError(code, more, { cause: worst.error, retryable, ...(hint !== undefined && { hint }) })
  })
}

/** The error of one key, as if a request of its own had met it. */
function refusal(
  requests: S3Requests,
  key: string,
  code = 'InternalError',
  message = 'the key was not deleted',
): DunlinError {
  const error = Object.assign(new Error(message), {
    name: code,
    $metadata: { httpStatusCode: STATUS_OF.get(code) ?? 400 },
  })
  return s3Error(error, deleting(requests, key, undefined))
}

const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ['AccessDenied', 403],
  ['InternalError', 500],
  ['SlowDown', 503],
])

function deleting({ root }: S3Requests, key: string, signal: AbortSignal | undefined): Asked {
  return { action: 's3:DeleteObject', uri: root.uri + key, signal }
}
