/** storeWith: a store some of whose requests go another way. */
import type { ObjectStore } from '../../../src/store/object-store.ts'

/** @param others these instead of the store's own, which they may call. */
export function storeWith(store: ObjectStore, others: Partial<ObjectStore>): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const value = (Reflect.get(others, name) ?? Reflect.get(target, name)) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
