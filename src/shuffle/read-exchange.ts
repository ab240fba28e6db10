/** Reading one partition of an exchange: the consumer's row of the manifest, then its slices in producers' order. */
import { type Batch, castBatch, DunlinError, decodeSlice, type Schema } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { dataKey, manifestKey } from './keys.ts'
import {
  decodeManifestHead,
  type ManifestHeader,
  manifestHeadBytes,
  manifestRowBytes,
  PREAMBLE_BYTES,
  type Producer,
} from './manifest.ts'
import { readAhead } from './read-ahead.ts'
import { readSliceEntry, SLICE_ENTRY_BYTES, type SliceEntry, sliceCrc } from './slice-entry.ts'

/** What most manifests fit in as a whole: one request reads it. */
const HEAD_GUESS_BYTES = 64 << 10
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

interface OpenManifest {
  readonly header: ManifestHeader
  readonly producers: readonly Producer[]
  readonly headBytes: number
  /** What the first request brought. */
  readonly start: Uint8Array
}

async function openManifest(
  store: ObjectStore,
  key: string,
  tasks: number,
  signal: AbortSignal,
  counters: ExchangeCounters,
): Promise<OpenManifest> {
  counters.gets += 2
  const info = await store.head(key, { signal })
  if (info === undefined) throw new DunlinError('CORRUPT', `the exchange manifest ${store.uri}${key} is gone`)
  let start = await store.get(
    key,
    { offset: 0, length: Math.min(info.sizeBytes, HEAD_GUESS_BYTES) },
    { signal },
  )
  const headBytes = manifestHeadBytes(start.subarray(0, PREAMBLE_BYTES), tasks, store.uri + key)
  if (headBytes > start.length) {
    counters.gets++
    start = await store.get(key, { offset: 0, length: headBytes }, { signal })
  }
  return { ...decodeManifestHead(start), headBytes, start }
}

/** The entries of one partition, one a producer. */
async function readRow(
  store: ObjectStore,
  key: string,
  manifest: OpenManifest,
  partition: number,
  signal: AbortSignal,
  counters: ExchangeCounters,
): Promise<readonly SliceEntry[]> {
  const rowBytes = manifestRowBytes(manifest.header.tasks)
  const offset = manifest.headBytes + partition * rowBytes
  let row: Uint8Array
  if (offset + rowBytes <= manifest.start.length) {
    row = manifest.start.subarray(offset, offset + rowBytes)
  } else {
    counters.gets++
    row = await store.get(key, { offset, length: rowBytes }, { signal })
  }
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
  return manifest.producers.map((_, task) => readSliceEntry(view, task * SLICE_ENTRY_BYTES))
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
  readonly tasks: number
  readonly partition: number
  readonly signal: AbortSignal
  readonly counters: ExchangeCounters
}): Promise<ExchangePartition> {
  const { store, job, from, partition, signal, counters } = options
  const key = manifestKey(job, from)
  const manifest = await openManifest(store, key, options.tasks, signal, counters)
  const entries = await readRow(store, key, manifest, partition, signal, counters)
  const { schema, schemas } = manifest.header

  async function* batches(): AsyncGenerator<Batch> {
    if (schema === null) return
    const slices = entries.map((entry, task) => ({ entry, task })).filter(slice => slice.entry.rows > 0)
    const fetched = readAhead(
      {
        items: slices,
        width: FETCHES_IN_FLIGHT,
        maxBytes: READ_AHEAD_BYTES,
        sizeOf: slice => slice.entry.byteLength,
      },
      async slice => {
        const producer = manifest.producers[slice.task]!
        const object = dataKey(job, from, {
          task: slice.task,
          attempt: producer.attempt,
          nonce: producer.nonce,
        })
        counters.gets++
        const bytes = await store.get(
          object,
          { offset: slice.entry.offset, length: slice.entry.byteLength },
          { signal },
        )
        return { ...slice, object, bytes, written: schemas[producer.schema] }
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
