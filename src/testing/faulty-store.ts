/** A store with faults: requests fail before or after they have been carried out. */
import { DunlinError } from '../../operators/index.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'
import type { Faults } from './fault-plan.ts'

/** Requests that whoever sends them sends again, or that belong to an attempt which is made again. */
export function faultyStore(store: ObjectStore, faults: Faults): ObjectStore {
  const faulty = async <T>(key: string, request: () => Promise<T>): Promise<T> => {
    const number = faults.nextRequest()
    if (!faults.strikes('storeFailed', `request ${number}`)) return request()
    // By turns: after an odd one nobody knows whether it was carried out.
    if (number % 2 === 1) await request()
    throw new DunlinError('STORE', `the request for ${store.uri}${key} was reset`, { retryable: true })
  }
  return {
    uri: store.uri,
    get: (key, range, options) => faulty(key, () => store.get(key, range, options)),
    put: (key, body, options) => faulty(key, () => store.put(key, body, options)),
    head: (key, options) => faulty(key, () => store.head(key, options)),
    delete: (keys, options) => faulty(keys[0] ?? '', () => store.delete(keys, options)),
    sweep: (prefix, options) => faulty(prefix, () => store.sweep(prefix, options)),
    move: (from, to, options) => faulty(from, () => store.move(from, to, options)),
    writer: (key, options) => store.writer(key, options),
    stream: (key, range, options) => store.stream(key, range, options),
    list: (prefix, options) => store.list(prefix, options),
  }
}

export function faultyStores(stores: Stores, faults: Faults): Stores {
  const opened = new Map<string, ObjectStore>()
  return {
    open(rootUri) {
      let store = opened.get(rootUri)
      if (store === undefined) opened.set(rootUri, (store = faultyStore(stores.open(rootUri), faults)))
      return store
    },
  }
}
