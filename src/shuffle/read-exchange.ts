/** Reading one partition of an exchange: the consumer's row of the manifest, then its slices in producers' order. */
import { type Batch, castBatch, DunlinError, type Partitioning, type Schema } from '../../operators/index.ts'
import { WHOLE_SLICE_BYTES, WHOLE_SLICE_SHARE } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readAhead } from '../store/read-ahead.ts'
import type { ExchangeSource } from '../task/task-event.ts'
import { dataKey, dataPrefix, manifestKey } from './keys.ts'
import { asLost } from './lost-output.ts'
import type { Producer } from './manifest.ts'
import { type CommittedObject, type CommittedObjects, withOtherLosses } from './other-losses.ts'
import { type PartitionSlice, readPartitionSlices, readProducers } from './read-manifest.ts'
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

export interface ExchangeOptions {
  readonly store: ObjectStore
  readonly source: ExchangeSource
  readonly partitioning: Partitioning
  /** The consumer's; of a `broadcast` every consumer reads the one there is. */
  readonly partition: number
  /** Memory of the task: an eighth of it is read ahead at most. */
  readonly memoryBytes: number
  readonly signal: AbortSignal
  readonly counters: ExchangeCounters
}

/**
 * Opens one partition of an exchange. Slices are fetched a few ahead, or streamed one at a time
 * where they are large; checked against their CRC32 before a byte of them is decoded; and given in the order of the
 * producing tasks.
 *
 * @throws DunlinError `CORRUPT`, naming object, producer and partition, when a slice is not what was committed.
 */
export async function openExchange(options: ExchangeOptions): Promise<ExchangePartition> {
  const { store, source, signal, counters } = options
  const { job, stage, generation } = source
  const { kind } = options.partitioning
  // Without division each producer wrote one slice, which is for the consumer of the same number.
  const alone = kind === 'none'
  const partition = alone || kind === 'broadcast' ? 0 : options.partition
  const manifest = { store, key: manifestKey(job, stage, generation), signal, counters }
  const read = () => readPartitionSlices(manifest, partition, alone ? options.partition : undefined)
  // Other bytes than were written are asked for once more: the network, too, turns bits.
  const { header, slices } = await read()
    .catch(error => (isDamage(error) ? read() : Promise.reject(error)))
    .catch((error: unknown) => {
      throw asLost(error, { job, stage, task: null, generation })
    })
  const { schema, schemas } = header
  if (header.stage !== stage) {
    throw new DunlinError(
      'CORRUPT',
      `${store.uri}${manifestKey(job, stage, generation)} is of stage ${header.stage}`,
      {
        lost: { job, stage, task: null, generation },
      },
    )
  }
  if (schema === null) return { schema, batches: nothing() }

  const sliceOf = ({ task, producer, entry }: PartitionSlice): Slice => {
    const key = dataKey(job, stage, { task, ...producer })
    const lost = { job, stage, task, generation: producer.generation }
    const written = schemas[producer.schema]
    if (written === undefined) {
      throw new DunlinError(
        'CORRUPT',
        `the manifest of stage ${stage} has no schema for ${store.uri}${key}`,
        {
          lost: { job, stage, task: null, generation },
        },
      )
    }
    return { store, key, entry, owner: { stage, task, partition }, lost, schema: written, signal }
  }
  const objects = async (): Promise<Iterable<CommittedObject>> =>
    objectsOf(source, await readProducers(manifest), slices)
  const committed = { store, prefix: dataPrefix(job, stage), objects, signal }
  return { schema, batches: readSlices(slices.map(sliceOf), schema, options, committed) }
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

async function* readEach(
  slices: readonly Slice[],
  schema: Schema,
  options: ExchangeOptions,
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
