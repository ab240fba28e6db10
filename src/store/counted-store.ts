/** countedStores: stores that count what is asked of them, by the kinds that clouds bill. */
import { uploadRequests } from '../../planner/index.ts'
import type { ObjectInfo, ObjectStore, ObjectWriter, Stores } from './object-store.ts'
import { bytesOf, piecesOf } from './request.ts'

/** Requests by kind. What a store sends again by itself, or to win a race, is not among them. */
export interface RequestCounts {
  /** GET and HEAD. */
  readonly gets: number
  /** PUT, COPY and POST: of an object in parts, each part and two more. */
  readonly puts: number
  readonly lists: number
  readonly deletes: number
}

type Counts = { -readonly [K in keyof RequestCounts]: RequestCounts[K] }

/** What one request lists or deletes at most. */
const KEYS_A_REQUEST = 1_000

export interface CountedStores {
  readonly stores: Stores
  /** Grows as requests are made. */
  readonly counts: RequestCounts
}

export function countedStores(stores: Stores): CountedStores {
  const counts: Counts = { gets: 0, puts: 0, lists: 0, deletes: 0 }
  const opened = new Map<string, ObjectStore>()
  const open = (rootUri: string): ObjectStore => {
    let store = opened.get(rootUri)
    if (store === undefined) opened.set(rootUri, (store = countedStore(stores.open(rootUri), counts)))
    return store
  }
  return { stores: { open }, counts }
}

function countedStore(store: ObjectStore, counts: Counts): ObjectStore {
  return {
    uri: store.uri,
    ...(store.isPatient === undefined ? {} : { isPatient: store.isPatient }),
    get(...request) {
      counts.gets++
      return store.get(...request)
    },
    head(...request) {
      counts.gets++
      return store.head(...request)
    },
    async *stream(...request) {
      counts.gets++
      yield* store.stream(...request)
    },
    async put(key, body, options) {
      const bytes = bytesOf(piecesOf(body))
      const result = await store.put(key, body, options)
      counts.puts += uploadRequests({ bytes, isWhole: true }, store.uploads)
      return result
    },
    writer: async (...request) => countedWriter(await store.writer(...request), store, counts),
    list: (...request) => countedList(store.list(...request), counts),
    delete(keys, options) {
      counts.deletes += Math.ceil(keys.length / KEYS_A_REQUEST)
      return store.delete(keys, options)
    },
    sweep(...request) {
      counts.lists++
      return store.sweep(...request)
    },
    move(...request) {
      counts.puts++
      counts.deletes++
      return store.move(...request)
    },
  }
}

function countedWriter(writer: ObjectWriter, store: ObjectStore, counts: Counts): ObjectWriter {
  let bytes = 0
  return {
    write(body) {
      bytes += bytesOf(piecesOf(body))
      return writer.write(body)
    },
    async close(options) {
      const result = await writer.close(options)
      counts.puts += uploadRequests({ bytes, isWhole: false }, store.uploads)
      return result
    },
    abort: () => writer.abort(),
  }
}

async function* countedList(list: AsyncIterable<ObjectInfo>, counts: Counts): AsyncGenerator<ObjectInfo> {
  let keys = 0
  for await (const info of list) {
    if (keys++ % KEYS_A_REQUEST === 0) counts.lists++
    yield info
  }
  if (keys === 0) counts.lists++
}
