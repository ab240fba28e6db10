/** patientStore: a store whose short requests are sent again when they fail for the moment; for the driver, which no one retries. */
import { compareKeys } from './key.ts'
import type { ObjectInfo, ObjectStore, RequestOptions, Stores } from './object-store.ts'
import { type Patience, patiently } from './patiently.ts'

/**
 * Each request as `patiently` sends it. A put with `ifAbsent` that is sent twice may meet its own object: see `putOnce`. A
 * listing is begun again behind the last key that it gave. Streams and writers are as they were. A store that is patient
 * by itself is given back as it is.
 */
export function patientStore(store: ObjectStore, patience: Patience): ObjectStore {
  if (store.isPatient === true) return store
  const again = <T>(request: () => Promise<T>, signal: AbortSignal | undefined) =>
    patiently(request, { ...patience, signal, uri: store.uri })
  return {
    uri: store.uri,
    isPatient: true,
    get: (key, range, options) => again(() => store.get(key, range, options), options?.signal),
    put: (key, body, options) => again(() => store.put(key, body, options), options?.signal),
    head: (key, options) => again(() => store.head(key, options), options?.signal),
    delete: (keys, options) => again(() => store.delete(keys, options), options?.signal),
    sweep: (prefix, options) => again(() => store.sweep(prefix, options), options?.signal),
    move: (from, to, options) => again(() => store.move(from, to, options), options?.signal),
    writer: (key, options) => store.writer(key, options),
    stream: (key, range, options) => store.stream(key, range, options),
    list: (prefix, options) => listPatiently(store, prefix, options, again),
  }
}

/** Stores that are all patient. */
export function patientStores(stores: Stores, patience: Patience): Stores {
  return { open: rootUri => patientStore(stores.open(rootUri), patience) }
}

type Again = <T>(request: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T>

/** A listing that breaks off is begun again, and goes on behind the last key that was given. */
async function* listPatiently(
  store: ObjectStore,
  prefix: string,
  options: RequestOptions | undefined,
  again: Again,
): AsyncGenerator<ObjectInfo> {
  let last: string | null = null
  let listing: AsyncIterator<ObjectInfo> | null = null
  for (;;) {
    const next: IteratorResult<ObjectInfo> = await again(async () => {
      try {
        listing ??= store.list(prefix, options)[Symbol.asyncIterator]()
        let found = await listing.next()
        while (!found.done && last !== null && compareKeys(found.value.key, last) <= 0)
          found = await listing.next()
        return found
      } catch (error) {
        listing = null
        throw error
      }
    }, options?.signal)
    if (next.done) return
    last = next.value.key
    yield next.value
  }
}
