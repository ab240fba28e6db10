/** Reading what one task merges: slices of its producers for its partitions, partition after partition, by few requests. */
import { type Batch, castBatch, DunlinError, type Schema } from '../../operators/index.ts'
import { type MergeShape, mergedBy, mergeWindowBytes } from '../../planner/index.ts'
import { readAhead } from '../store/read-ahead.ts'
import { type CoalescedRange, coalesced } from './coalesce.ts'
import { withOtherLosses } from './other-losses.ts'
import { committedObjects, type IndexOptions, readEach, readIndex, sliceOf } from './read-exchange.ts'
import { readPartOfIndex } from './read-manifest.ts'
import { decodeFetched, fetchSlice, isIntact, ofMissing, type Slice } from './read-slice.ts'

const FETCHES_IN_FLIGHT = 8

export interface MergeOptions extends IndexOptions {
  readonly shape: MergeShape
  readonly task: number
  /** Memory of the task: an eighth of it is read at once. */
  readonly memoryBytes: number
}

/** Rows of one partition; `row` is its number among those of the task. */
export interface MergedRows {
  readonly row: number
  readonly batch: Batch
}

export interface MergeInput {
  /** What all batches have; null where no producer had a row. */
  readonly schema: Schema | null
  /** By partition, then by producer, in the batches that were written: readers find what they would have found there. */
  readonly batches: AsyncIterable<MergedRows>
}

/**
 * Opens what one task merges. Slices are checked against their CRC32 before a byte of them is decoded.
 *
 * @throws DunlinError `CORRUPT`, with what is lost, where a slice is not what was committed
 */
export async function openMerge(options: MergeOptions): Promise<MergeInput> {
  const of = mergedBy(options.shape, options.task)
  const { header, partitions } = await readIndex(options, manifest => readPartOfIndex(manifest, of))
  const { schema } = header
  if (schema === null) return { schema, batches: nothing() }
  const rows = partitions.map((slices, row) =>
    slices.map(slice => sliceOf(options, header, slice, of.partitions.from + row)),
  )
  const batches = async function* (): AsyncGenerator<MergedRows> {
    try {
      yield* readRows(rows, schema, options)
    } catch (error) {
      throw await withOtherLosses(error, committedObjects(options, partitions.flat()))
    }
  }
  return { schema, batches: batches() }
}

async function* nothing(): AsyncGenerator<MergedRows> {}

const bytesOf = (slices: readonly Slice[]): number =>
  slices.reduce((sum, { entry }) => sum + entry.byteLength, 0)

async function* readRows(
  rows: readonly (readonly Slice[])[],
  schema: Schema,
  options: MergeOptions,
): AsyncGenerator<MergedRows> {
  const windowBytes = mergeWindowBytes(options.memoryBytes)
  for (let from = 0; from < rows.length; ) {
    let to = from
    let bytes = 0
    for (; to < rows.length; to++) {
      const more = bytesOf(rows[to]!)
      if (to > from && bytes + more > windowBytes) break
      bytes += more
    }
    if (bytes > windowBytes) {
      // One partition that is larger than what may be held: its slices one after another.
      for await (const batch of readEach(rows[from]!, schema, options)) yield { row: from, batch }
    } else yield* readWindow(rows.slice(from, to), from, schema, options)
    from = to
  }
}

/** Of each producer one range, which holds all its slices for these partitions. */
async function* readWindow(
  rows: readonly (readonly Slice[])[],
  firstRow: number,
  schema: Schema,
  options: MergeOptions,
): AsyncGenerator<MergedRows> {
  const byObject = new Map<string, Slice[]>()
  for (const slice of rows.flat()) {
    const known = byObject.get(slice.key)
    if (known === undefined) byObject.set(slice.key, [slice])
    else known.push(slice)
  }
  const items = [...byObject.values()].flatMap(slices => coalesced(slices))
  const fetched = new Map<Slice, Uint8Array>()
  const ahead = { items, width: FETCHES_IN_FLIGHT, maxBytes: Number.POSITIVE_INFINITY, sizeOf: () => 0 }
  for await (const range of readAhead(ahead, one => fetchRange(one, options))) {
    for (const [slice, bytes] of range) fetched.set(slice, bytes)
  }
  const { counters, source } = options
  for (const [i, slices] of rows.entries()) {
    for (const slice of slices) {
      let count = 0
      for (const batch of decodeFetched(slice, fetched.get(slice)!)) {
        count += batch.length
        yield { row: firstRow + i, batch: castBatch(batch, schema) }
      }
      fetched.delete(slice)
      if (count !== slice.entry.rows) throw notAll(slice, count, source)
      counters.bytesIn += slice.entry.byteLength
      counters.exchangeBytesIn += slice.entry.byteLength
      counters.exchangeRowsIn += count
    }
  }
}

async function fetchRange(
  { slices, offset, length }: CoalescedRange,
  { store, counters, signal }: MergeOptions,
): Promise<[Slice, Uint8Array][]> {
  const [first] = slices
  counters.gets++
  const bytes = await store.get(first!.key, { offset, length }, { signal }).catch((error: unknown) => {
    throw ofMissing(error, store.uri + first!.key, first!.lost)
  })
  const all: [Slice, Uint8Array][] = []
  for (const slice of slices) {
    const start = slice.entry.offset - offset
    // A copy starts where the decoder wants it to; a view may not.
    const own = bytes.slice(start, start + slice.entry.byteLength)
    // Other bytes are asked for once more, by themselves.
    all.push([slice, isIntact(slice, own) ? own : await fetchSlice(slice)])
  }
  return all
}

/** Its bytes are those that were committed: it is the index that is wrong. */
function notAll(
  { owner, entry, key, store }: Slice,
  rows: number,
  source: MergeOptions['source'],
): DunlinError {
  const message = `a slice of stage ${owner.stage} holds ${rows} rows, committed were ${entry.rows}: ${store.uri}${key}`
  return new DunlinError('ROWS_NOT_CONSERVED', message, { lost: { ...source, task: null } })
}
