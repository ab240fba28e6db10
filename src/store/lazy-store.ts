/** lazyStore: a store that is loaded by its first request. */
import type { ObjectStore } from './object-store.ts'

/**
 * For stores whose code not everybody needs. A load that fails is tried again by the next request, which may come after
 * its cause has been removed.
 *
 * @throws from every request what `load` throws
 */
export function lazyStore(
  about: Pick<ObjectStore, 'uri' | 'isPatient'>,
  load: () => Promise<ObjectStore>,
): ObjectStore {
  let loading: Promise<ObjectStore> | null = null
  let known: ObjectStore | undefined
  const loaded = (): Promise<ObjectStore> => {
    loading ??= load().then(
      store => {
        known = store
        return store
      },
      (error: unknown) => {
        loading = null
        throw error
      },
    )
    return loading
  }
  return {
    ...about,
    get uploads() {
      return known?.uploads
    },
    get: async (...request) => (await loaded()).get(...request),
    put: async (...request) => (await loaded()).put(...request),
    head: async (...request) => (await loaded()).head(...request),
    delete: async (...request) => (await loaded()).delete(...request),
    sweep: async (...request) => (await loaded()).sweep(...request),
    move: async (...request) => (await loaded()).move(...request),
    writer: async (...request) => (await loaded()).writer(...request),
    async *stream(...request) {
      yield* (await loaded()).stream(...request)
    },
    async *list(...request) {
      yield* (await loaded()).list(...request)
    },
  }
}
