/** Reading an object that may not be there. */
import { DunlinError } from '../../operators/index.ts'
import type { ObjectStore, RequestOptions } from './object-store.ts'

/** The whole object, or undefined where the store has none of this key; any other failure is thrown. */
export async function getIfPresent(
  store: ObjectStore,
  key: string,
  options: RequestOptions = {},
): Promise<Uint8Array | undefined> {
  try {
    return await store.get(key, undefined, options)
  } catch (error) {
    if (error instanceof DunlinError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
