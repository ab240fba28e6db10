/** readSplit: the records of one split, batch by batch. */
import {
  type BadRecords,
  type Batch,
  createSplitReader,
  DunlinError,
  type ReadFormat,
  type SplitReader,
} from '../../operators/index.ts'
import type { Split, SplitRange } from '../../planner/index.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'
import { readAhead } from '../store/read-ahead.ts'
import { decompress } from './decompress.ts'
import { numberRange } from './number-range.ts'
import { readBytes } from './read-bytes.ts'
import { readStaged } from './read-staged.ts'
import { recordLine } from './record-line.ts'
import { shownPath } from './shown-path.ts'

/** Added to as the reading goes on. */
export interface ReadCounters {
  /** Bytes read, before decompression. */
  bytesIn: number
  /** Requests to the store. */
  gets: number
  /** Invalid UTF-8 sequences that were replaced. */
  invalidText: number
}

export interface ReadSplitOptions {
  readonly stores: Stores
  /** Columns to read, where not all are needed. */
  readonly columns?: readonly string[]
  /** The caller is done with a batch when it asks for the next: its memory may be written to again. Default false. */
  readonly lent?: boolean
  readonly signal: AbortSignal
  readonly counters: ReadCounters
  /** Takes records that cannot be read, which are then skipped; `flush` is called between two pieces. */
  readonly bad?: BadRecords & { flush(): Promise<void> }
}

/** Objects opened ahead, and how much of each may be waiting: what hides a round trip to the store. */
const OPENED_AHEAD = 8
const AHEAD_BYTES = 4 << 20
/** What a store reads ahead of one stream. */
const STREAM_BYTES = 1 << 20

/**
 * The records of the split's ranges, in their order. An object that is no longer what the listing said is an error.
 *
 * Memory: a batch, a record, and a few megabytes read ahead.
 *
 * @throws CORRUPT where an object changed since it was listed or is shorter; NOT_FOUND where it is gone; BAD_RECORD
 * and TYPE_MISMATCH with `place.at` = `file:line`; what the store throws.
 */
export async function* readSplit(
  split: Split,
  format: ReadFormat,
  options: ReadSplitOptions,
): AsyncGenerator<Batch> {
  if (format.format === 'range') {
    for (const range of split.ranges) yield* numberRange(format, range.start, range.end)
  } else if (format.format === 'arrow') {
    for (const range of split.ranges) {
      yield* await readStaged({ ...options, store: options.stores.open(range.root), range })
    }
  } else {
    yield* readObjects(split.ranges, format, options)
  }
}

interface OpenObject {
  readonly range: SplitRange
  readonly store: ObjectStore
  readonly reader: SplitReader
  readonly pieces: AsyncIterator<Uint8Array>
  /** Asked for before the object's turn comes. */
  readonly first: Promise<IteratorResult<Uint8Array>>
}

async function* readObjects(
  ranges: readonly SplitRange[],
  format: ReadFormat,
  options: ReadSplitOptions,
): AsyncGenerator<Batch> {
  const opened = new Set<OpenObject>()
  const ahead = readAhead(
    {
      items: ranges,
      width: OPENED_AHEAD,
      maxBytes: AHEAD_BYTES,
      sizeOf: range => Math.min(range.end - range.start, STREAM_BYTES),
    },
    async range => {
      const object = await openObject(range, format, options)
      opened.add(object)
      return object
    },
  )
  try {
    for await (const object of ahead) {
      yield* readObject(object, options)
      opened.delete(object)
    }
  } finally {
    for (const { first, pieces } of opened) {
      await first.catch(() => {})
      await pieces.return?.()
    }
  }
}

async function openObject(
  range: SplitRange,
  format: ReadFormat,
  options: ReadSplitOptions,
): Promise<OpenObject> {
  const { stores, columns, bad, lent = false, signal, counters } = options
  const store = stores.open(range.root)
  const shown = shownPath(range.root, range.key)
  await checkVersion(store, range, shown, options)
  const end = range.compression === undefined ? range.end : Number.POSITIVE_INFINITY
  const place = { uri: shown, start: range.start, end }
  const reader = createSplitReader(format, place, {
    ...(columns === undefined ? {} : { columns }),
    ...(bad === undefined ? {} : { bad }),
  })
  const { from, to, pieceBytes } = reader
  const bytes = readBytes({
    store,
    range,
    from,
    ...(to !== undefined && { to }),
    ...(pieceBytes !== undefined && { pieceBytes }),
    // Most readers copy what they are given. What decompresses has it for longer.
    lent: range.compression === undefined && (lent || pieceBytes === undefined),
    signal,
    counters,
  })
  const pieces = range.compression === undefined ? bytes : decompress(bytes, range.compression, shown)
  const first = pieces.next()
  first.catch(() => {})
  return { range, store, reader, pieces, first }
}

async function* readObject(object: OpenObject, options: ReadSplitOptions): AsyncGenerator<Batch> {
  const { reader, pieces, first } = object
  const batches: Batch[] = []
  const emit = (batch: Batch): void => {
    batches.push(batch)
  }
  try {
    let next = await first
    while (!next.done) {
      const enough = reader.push(next.value, emit)
      while (batches.length > 0) yield batches.shift()!
      await options.bad?.flush()
      if (enough) break
      next = await pieces.next()
    }
    reader.finish(emit)
    while (batches.length > 0) yield batches.shift()!
  } catch (error) {
    throw await located(error, object, options.signal)
  } finally {
    options.counters.invalidText += reader.invalidText
    await pieces.return?.()
  }
}

/** An error about a record says in which line it is. */
async function located(error: unknown, object: OpenObject, signal: AbortSignal): Promise<unknown> {
  const { reader, range, store } = object
  if (!(error instanceof DunlinError) || reader.badOffset < 0) return error
  const shown = shownPath(range.root, range.key)
  return error.at({ at: await recordLine(store, range, reader.badOffset, shown, signal) })
}

async function checkVersion(
  store: ObjectStore,
  range: SplitRange,
  shown: string,
  { signal, counters }: ReadSplitOptions,
): Promise<void> {
  counters.gets++
  const now = await store.head(range.key, { signal })
  if (now === undefined) {
    throw new DunlinError('NOT_FOUND', `${shown} is gone: it was there when the job was submitted`, {
      hint: 'Run the job again, when nothing changes its input.',
    })
  }
  if (now.version === range.version && now.sizeBytes === range.size) return
  throw new DunlinError('CORRUPT', `${shown} changed while the job ran`, {
    hint: 'Run the job again, when nothing changes its input.',
  })
}
