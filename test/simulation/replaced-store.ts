/** A store some of whose methods are others. */
import type { ObjectStore } from '../../src/store/object-store.ts'

export function replaced(store: ObjectStore, methods: Partial<ObjectStore>): ObjectStore {
  return {
    uri: store.uri,
    get: (...given) => store.get(...given),
    stream: (...given) => store.stream(...given),
    put: (...given) => store.put(...given),
    writer: (...given) => store.writer(...given),
    head: (...given) => store.head(...given),
    list: (...given) => store.list(...given),
    delete: (...given) => store.delete(...given),
    move: (...given) => store.move(...given),
    ...methods,
  }
}
