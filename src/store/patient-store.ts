/** patientStore: a store whose short requests are sent again when they fail for the moment; for the driver, which no one retries. */
import { DunlinError } from '../../operators/index.ts'
import { pause } from '../ports/pause.ts'
import type { Clock, Randomness } from '../ports/ports.ts'
import { compareKeys } from './key.ts'
import type { ObjectInfo, ObjectStore, RequestOptions, Stores } from './object-store.ts'
import { throwIfAborted } from './request.ts'

/** Waits in all: a network that changes, a laptop that wakes. */
const PATIENCE_MS = 60_000
const BASE_MS = 100
const MAX_MS = 5_000

export interface Patience {
  readonly clock: Pick<Clock, 'after'>
  readonly random: Pick<Randomness, 'next'>
}

/**
 * Failures that are `retryable` are tried again, for a minute, with exponential back-off and full jitter. A put
 * with `ifAbsent` that is sent twice may meet its own object: see `putOnce`. A listing is begun again behind the last key that it gave. Streams and writers are as they were.
 */
export function patientStore(store: ObjectStore, patience: Patience): ObjectStore {
  const again = <T>(request: () => Promise<T>, signal: AbortSignal | undefined) =>
    patiently(request, { ...patience, signal, uri: store.uri })
  return {
    uri: store.uri,
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

async function patiently<T>(
  request: () => Promise<T>,
  options: Patience & { readonly signal: AbortSignal | undefined; readonly uri: string },
): Promise<T> {
  let waitedMs = 0
  for (let tries = 1; ; tries++) {
    try {
      return await request()
    } catch (error) {
      if (!(error instanceof DunlinError && error.retryable) || waitedMs >= PATIENCE_MS) throw error
    }
    const longestMs = Math.min(MAX_MS, BASE_MS * 2 ** (tries - 1))
    waitedMs += longestMs
    await pause(options.clock, Math.floor(longestMs * options.random.next()))
    throwIfAborted(options.signal, options.uri)
  }
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
