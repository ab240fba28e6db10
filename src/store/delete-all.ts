/** Deleting what lies below a prefix, in requests of bounded size. */
import type { ObjectStore, RequestOptions } from './object-store.ts'

/** Keys given to one delete: what S3 takes at once. */
const DELETE_KEYS = 1_000
/** The next keys are listed meanwhile. */
const DELETES_IN_FLIGHT = 4

export interface DeleteAllOptions extends RequestOptions {
  /** Whether an object goes; by default all do. */
  readonly goes?: (key: string) => boolean
}

/**
 * Deletes objects whose keys start with `prefix`, and what was left unfinished there; says how many objects they were and
 * how many bytes they had.
 */
export async function deleteAll(
  store: ObjectStore,
  prefix: string,
  { goes = () => true, ...request }: DeleteAllOptions = {},
): Promise<{ readonly objects: number; readonly bytes: number }> {
  let objects = 0
  let bytes = 0
  let keys: string[] = []
  const sent: Promise<void>[] = []
  const send = (some: readonly string[]): void => {
    const one = store.delete(some, request)
    // It is reported when all that are on their way have ended.
    one.catch(() => undefined)
    sent.push(one)
  }
  for await (const { key, sizeBytes } of store.list(prefix, request)) {
    if (!goes(key)) continue
    keys.push(key)
    objects++
    bytes += sizeBytes
    if (keys.length < DELETE_KEYS) continue
    send(keys)
    keys = []
    if (sent.length === DELETES_IN_FLIGHT) await allEnded(sent.splice(0))
  }
  if (keys.length > 0) send(keys)
  await allEnded(sent)
  if (prefix.endsWith('/')) await store.sweep(prefix, request)
  return { objects, bytes }
}

/** Nothing is on its way any more when it rejects. */
async function allEnded(requests: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(requests)
  await Promise.all(requests)
}
