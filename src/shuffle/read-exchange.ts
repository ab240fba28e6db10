/** Reading one partition of an exchange: the consumer's row of the manifest, then its slices in producers' order. */
import {
  type Batch,
  castBatch,
  DunlinError,
  decodeSlice,
  type Partitioning,
  type Schema,
} from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { dataKey, manifestKey } from './keys.ts'
import { readAhead } from './read-ahead.ts'
import { readPartitionSlices } from './read-manifest.ts'
import { type SliceEntry, sliceCrc } from './slice-entry.ts'

const FETCHES_IN_FLIGHT = 8
const READ_AHEAD_BYTES = 32 << 20

export interface ExchangeCounters {
  bytesIn: number
  gets: number
  /** Rows read, for the conservation check at the next barrier. */
  exchangeRowsIn: number
}

export interface ExchangePartition {
  /** What all batches have; null where no producer had a row. */
  readonly schema: Schema | null
  readonly batches: AsyncIterable<Batch>
}

/**
 * Opens one partition of the exchange after stage `from`. Slices are fetched a few ahead, checked against their
 * CRC32 before a byte of them is decoded, and given in the order of the producing tasks.
 *
 * @throws DunlinError `CORRUPT`, naming object, producer and partition, when a slice is not what was committed.
 */
export async function openExchange(options: {
  readonly store: ObjectStore
  readonly job: string
  readonly from: StageId
  readonly partitioning: Partitioning
  readonly partition: number
  readonly signal: AbortSignal
  readonly counters: ExchangeCounters
}): Promise<ExchangePartition> {
  const { store, job, from, signal, counters } = options
  // Without division each producer wrote one slice, which is for the consumer of the same number.
  const alone = options.partitioning.kind === 'none'
  const partition = alone ? 0 : options.partition
  const { header, slices } = await readPartitionSlices(
    { store, key: manifestKey(job, from), signal, counters },
    partition,
    alone ? options.partition : undefined,
  )
  const { schema, schemas } = header

  async function* batches(): AsyncGenerator<Batch> {
    if (schema === null) return
    const fetched = readAhead(
      {
        items: slices,
        width: FETCHES_IN_FLIGHT,
        maxBytes: READ_AHEAD_BYTES,
        sizeOf: slice => slice.entry.byteLength,
      },
      async slice => {
        const { task, producer, entry } = slice
        const object = dataKey(job, from, { task, ...producer })
        counters.gets++
        const bytes = await getSlice(store, object, entry, signal)
        return { task, entry, object, bytes, written: schemas[producer.schema] }
      },
    )
    for await (const slice of fetched) {
      const uri = store.uri + slice.object
      const crc = sliceCrc([slice.bytes], { stage: from, task: slice.task, partition })
      if (crc !== slice.entry.crc32 || slice.written === undefined) {
        throw new DunlinError(
          'CORRUPT',
          `the slice of partition ${partition} that task ${slice.task} of stage ${from} wrote is damaged: ${uri}, ` +
            `bytes ${slice.entry.offset} to ${slice.entry.offset + slice.entry.byteLength}, do not have the CRC32 that was committed`,
          {
            hint: 'The disk or bucket returned other bytes than were written. Run the job again.',
            place: { at: uri },
          },
        )
      }
      counters.bytesIn += slice.bytes.length
      let rows = 0
      for (const batch of decodeSlice(slice.written, slice.bytes)) {
        rows += batch.length
        yield castBatch(batch, schema)
      }
      if (rows !== slice.entry.rows) {
        throw new DunlinError(
          'ROWS_NOT_CONSERVED',
          `a slice of stage ${from} holds ${rows} rows, committed were ${slice.entry.rows}: ${uri}`,
        )
      }
      counters.exchangeRowsIn += rows
    }
  }
  return { schema, batches: batches() }
}

async function getSlice(
  store: ObjectStore,
  key: string,
  { offset, byteLength }: SliceEntry,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await store.get(key, { offset, length: byteLength }, { signal })
  } catch (error) {
    if (!(error instanceof DunlinError) || error.code !== 'NOT_FOUND') throw error
    throw new DunlinError('CORRUPT', `a committed object is gone: ${store.uri}${key}`, {
      cause: error,
      hint: 'Something outside of the job removed files of its store. Run the job again.',
    })
  }
}
