/** Reading one partition of an exchange: the consumer's row of the manifest, then its slices in producers' order. */
import { type Batch, castBatch, DunlinError, type Partitioning, type Schema } from '../../operators/index.ts'
import {
  afterMerge,
  type MergeShape,
  type Numbers,
  WHOLE_SLICE_BYTES,
  WHOLE_SLICE_SHARE,
} from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readAhead } from '../store/read-ahead.ts'
import type { ExchangeSource } from '../task/task-event.ts'
import { dataKey, dataPrefix, manifestKey } from './keys.ts'
import { asLost } from './lost-output.ts'
import type { ManifestHeader, Producer } from './manifest.ts'
import { type CommittedObject, type CommittedObjects, withOtherLosses } from './other-losses.ts'
import {
  type ManifestRead,
  type PartitionSlice,
  readPartitionSlices,
  readProducers,
} from './read-manifest.ts'
import { decodeFetched, fetchSlice, type Slice, streamSlice } from './read-slice.ts'

const FETCHES_IN_FLIGHT = 8
/** Bytes of slices fetched ahead: at most, and as a share of the task's memory. */
const READ_AHEAD_BYTES = 32 << 20
const READ_AHEAD_SHARE = 1 / 8

export interface ExchangeCounters {
  bytesIn: number
  gets: number
  /** The same of exchanges alone. */
  exchangeBytesIn: number
  /** Rows read, for the conservation check at the next barrier. */
  exchangeRowsIn: number
}

export interface ExchangePartition {
  /** What all batches have; null where no producer had a row. */
  readonly schema: Schema | null
  readonly batches: AsyncIterable<Batch>
}

/** What is read of, and by whom. */
export interface IndexOptions {
  readonly store: ObjectStore
  readonly source: ExchangeSource
  readonly signal: AbortSignal
  readonly counters: ExchangeCounters
}

export interface ExchangeOptions extends IndexOptions {
  readonly partitioning: Partitioning
  /** Set where the slices have been merged on their way. */
  readonly merged?: MergeShape | undefined
  /** The consumer's; of a `broadcast` every consumer reads the one there is. */
  readonly partition: number
  /** Memory of the task: an eighth of it is read ahead at most. */
  readonly memoryBytes: number
}

/**
 * Opens one partition of an exchange. Slices are fetched a few ahead, or streamed one at a time
 * where they are large; checked against their CRC32 before a byte of them is decoded; and given in the order of the
 * producing tasks.
 *
 * @throws DunlinError `CORRUPT`, naming object, producer and partition, when a slice is not what was committed.
 */
export async function openExchange(options: ExchangeOptions): Promise<ExchangePartition> {
  const { row, tasks } = placeOf(options)
  const { header, slices } = await readIndex(options, manifest => readPartitionSlices(manifest, row, tasks))
  const { schema } = header
  if (schema === null) return { schema, batches: nothing() }
  const own = slices.map(slice => sliceOf(options, header, slice, row))
  return { schema, batches: readSlices(own, schema, options, committedObjects(options, slices)) }
}

/** Where the partition stands in the index: the row, and the producers that can have something for it. */
function placeOf(options: ExchangeOptions): { readonly row: number; readonly tasks?: Numbers } {
  const { partitioning, partition, merged } = options
  if (merged !== undefined) return afterMerge(merged, partition)
  switch (partitioning.kind) {
    case 'none':
      // Each producer wrote one slice, which is for the consumer of the same number.
      return { row: 0, tasks: { from: partition, to: partition + 1 } }
    case 'broadcast':
      return { row: 0 }
    default:
      return { row: partition }
  }
}

const manifestOf = ({ store, source, signal, counters }: IndexOptions): ManifestRead => {
  const { job, stage, generation } = source
  return { store, key: manifestKey(job, stage, generation), signal, counters }
}

/** @throws CORRUPT, with what is lost, where the index is gone, damaged, or of another stage */
export async function readIndex<T extends { readonly header: ManifestHeader }>(
  options: IndexOptions,
  read: (manifest: ManifestRead) => Promise<T>,
): Promise<T> {
  const { job, stage, generation } = options.source
  const lost = { job, stage, task: null, generation }
  const manifest = manifestOf(options)
  // Other bytes than were written are asked for once more: the network, too, turns bits.
  const index = await read(manifest)
    .catch(error => (isDamage(error) ? read(manifest) : Promise.reject(error)))
    .catch((error: unknown) => {
      throw asLost(error, lost)
    })
  if (index.header.stage === stage) return index
  const uri = manifest.store.uri + manifest.key
  throw new DunlinError('CORRUPT', `${uri} is of stage ${index.header.stage}`, { lost })
}

/** A slice as the index tells of it. @throws CORRUPT where the index does not know how it was written */
export function sliceOf(
  { store, source: { job, stage, generation }, signal }: IndexOptions,
  { schemas }: ManifestHeader,
  { task, producer, entry }: PartitionSlice,
  partition: number,
): Slice {
  const key = dataKey(job, stage, { task, ...producer })
  const lost = { job, stage, task, generation: producer.generation }
  const schema = schemas[producer.schema]
  if (schema === undefined) {
    const message = `the manifest of stage ${stage} has no schema for ${store.uri}${key}`
    throw new DunlinError('CORRUPT', message, { lost: { job, stage, task: null, generation } })
  }
  return { store, key, entry, owner: { stage, task, partition }, lost, schema, signal }
}

/** All that a stage has committed, for whoever finds that some of it is gone. */
export function committedObjects(options: IndexOptions, slices: readonly PartitionSlice[]): CommittedObjects {
  const { store, source, signal } = options
  const objects = async (): Promise<Iterable<CommittedObject>> =>
    objectsOf(source, await readProducers(manifestOf(options)), slices)
  return { store, prefix: dataPrefix(source.job, source.stage), objects, signal }
}

/** All data objects of the stage; of those that have slices here it is known how long they are at least. */
function* objectsOf(
  { job, stage }: ExchangeSource,
  producers: readonly Producer[],
  slices: readonly PartitionSlice[],
): Generator<CommittedObject> {
  const ends = new Map(slices.map(({ task, entry }) => [task, entry.offset + entry.byteLength]))
  for (const [task, producer] of producers.entries()) {
    if (producer.schema < 0) continue
    const key = dataKey(job, stage, { task, ...producer })
    yield { key, task, generation: producer.generation, sizeBytes: ends.get(task) ?? 0 }
  }
}

const isDamage = (error: unknown): boolean => error instanceof DunlinError && error.code === 'CORRUPT'

async function* nothing(): AsyncGenerator<Batch> {}

async function* readSlices(
  slices: readonly Slice[],
  schema: Schema,
  options: ExchangeOptions,
  committed: CommittedObjects,
): AsyncGenerator<Batch> {
  try {
    yield* readEach(slices, schema, options)
  } catch (error) {
    throw await withOtherLosses(error, committed)
  }
}

/** Those of one partition, in their order. */
export async function* readEach(
  slices: readonly Slice[],
  schema: Schema,
  options: IndexOptions & { readonly memoryBytes: number },
): AsyncGenerator<Batch> {
  const { memoryBytes, counters } = options
  const wholeBytes = Math.min(WHOLE_SLICE_BYTES, memoryBytes * WHOLE_SLICE_SHARE)
  const fetched = readAhead(
    {
      items: slices,
      width: FETCHES_IN_FLIGHT,
      maxBytes: Math.min(READ_AHEAD_BYTES, memoryBytes * READ_AHEAD_SHARE),
      // A larger one takes that much for its stream.
      sizeOf: slice => Math.min(slice.entry.byteLength, wholeBytes),
    },
    async slice => {
      if (slice.entry.byteLength > wholeBytes) return { slice, bytes: null }
      counters.gets++
      return { slice, bytes: await fetchSlice(slice) }
    },
  )
  for await (const { slice, bytes } of fetched) {
    if (bytes === null) counters.gets += 2
    const { entry } = slice
    let rows = 0
    for await (const batch of bytes === null ? streamSlice(slice) : decodeFetched(slice, bytes)) {
      rows += batch.length
      yield castBatch(batch, schema)
    }
    if (rows !== entry.rows) {
      const uri = slice.store.uri + slice.key
      throw new DunlinError(
        'ROWS_NOT_CONSERVED',
        `a slice of stage ${slice.owner.stage} holds ${rows} rows, committed were ${entry.rows}: ${uri}`,
        // Its bytes are those that were committed: it is the index that is wrong.
        { lost: { ...options.source, task: null } },
      )
    }
    counters.bytesIn += entry.byteLength
    counters.exchangeBytesIn += entry.byteLength
    counters.exchangeRowsIn += rows
  }
}
