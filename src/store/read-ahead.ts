/** Reading ahead: several fetches in flight, their results in order, bytes held bounded. */

export interface ReadAhead<T> {
  readonly items: Iterable<T>
  /** Fetches in flight or waiting to be consumed, at most. */
  readonly width: number
  /** Their bytes, at most; a single larger item is still fetched, alone. */
  readonly maxBytes: number
  readonly sizeOf: (item: T) => number
  /** Bytes in flight or waiting; several readers that share this share `maxBytes`, each with one item at least. */
  readonly held?: { bytes: number }
}

/** Gives `fetch(item)` for each item, in the order of the items. Nothing is left in flight when the reader stops. */
export async function* readAhead<T, R>(
  options: ReadAhead<T>,
  fetch: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const waiting: { readonly result: Promise<R>; readonly bytes: number }[] = []
  const { held = { bytes: 0 } } = options
  const items = options.items[Symbol.iterator]()
  let next = items.next()
  try {
    for (;;) {
      while (!next.done && waiting.length < options.width) {
        const size = options.sizeOf(next.value)
        if (waiting.length > 0 && held.bytes + size > options.maxBytes) break
        const result = fetch(next.value)
        // An error surfaces when its turn comes; until then it is not unhandled.
        result.catch(() => undefined)
        waiting.push({ result, bytes: size })
        held.bytes += size
        next = items.next()
      }
      const first = waiting[0]
      if (first === undefined) return
      const value = await first.result
      waiting.shift()
      held.bytes -= first.bytes
      yield value
    }
  } finally {
    await Promise.allSettled(waiting.map(one => one.result))
    for (const { bytes } of waiting) held.bytes -= bytes
  }
}
