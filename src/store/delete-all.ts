/** Deleting what lies below a prefix, in requests of bounded size. */
import type { ObjectStore, RequestOptions } from './object-store.ts'

/** Keys given to one delete: what S3 takes at once. */
const DELETE_KEYS = 1_000

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
  for await (const { key, sizeBytes } of store.list(prefix, request)) {
    if (!goes(key)) continue
    keys.push(key)
    objects++
    bytes += sizeBytes
    if (keys.length < DELETE_KEYS) continue
    await store.delete(keys, request)
    keys = []
  }
  if (keys.length > 0) await store.delete(keys, request)
  if (prefix.endsWith('/')) await store.sweep(prefix, request)
  return { objects, bytes }
}
