/** putOnce: an exclusive create whose outcome is known also where its answer is not. */

import { getIfPresent } from './get-if-present.ts'
import type { ObjectStore, RequestOptions } from './object-store.ts'

/**
 * Creates the object unless there is one. True where the object that is there now is this one: also where a request that
 * failed, or was sent twice, has made it. So the bytes must be the caller's alone: have a nonce in them.
 *
 * @throws what the store throws, where the object is not there
 */
export async function putOnce(
  store: ObjectStore,
  key: string,
  body: Uint8Array,
  options: RequestOptions = {},
): Promise<boolean> {
  let failure: unknown
  try {
    if ((await store.put(key, body, { ...options, ifAbsent: true })).created) return true
  } catch (error) {
    failure = error
  }
  let found: Uint8Array | undefined
  try {
    found = await getIfPresent(store, key, options)
  } catch (error) {
    throw failure ?? error
  }
  if (found === undefined && failure !== undefined) throw failure
  return found !== undefined && Buffer.compare(found, body) === 0
}
