/** A consumer's view of an exchange manifest: the slices of its partition, read by range. */
import { DunlinError } from '../../operators/index.ts'
import { indexStretches, MANIFEST_FIRST_BYTES, type Numbers } from '../../planner/index.ts'
import type { ByteRange, ObjectStore } from '../store/object-store.ts'
import {
  damaged,
  decodeManifestHeader,
  decodeProducer,
  INDEXED_BYTES,
  type ManifestHeader,
  manifestLayout,
  PRODUCER_BYTES,
  type Producer,
  readIndexed,
} from './manifest.ts'
import type { SliceEntry } from './slice-entry.ts'

export interface PartitionSlice {
  /** The producing task. */
  readonly task: number
  readonly producer: Producer
  readonly entry: SliceEntry
}

export interface PartitionSlices {
  readonly header: ManifestHeader
  /** Those that hold rows, in the order of the producing tasks. */
  readonly slices: readonly PartitionSlice[]
}

export interface ManifestRead {
  readonly store: ObjectStore
  readonly key: string
  readonly signal: AbortSignal
  readonly counters: { gets: number }
}

/** Reads the row of `partition`: of all producers, or of `tasks` where others have nothing for it. */
export async function readPartitionSlices(
  read: ManifestRead,
  partition: number,
  tasks?: Numbers,
): Promise<PartitionSlices> {
  const { first, header, layout } = await readStart(read)
  const { from, to } = tasks ?? { from: 0, to: header.tasks }
  const count = to - from
  const producers = await bytesAt(read, first, layout.producerAt(from), count * PRODUCER_BYTES)
  const row = await bytesAt(read, first, layout.entryAt(partition, from), count * INDEXED_BYTES)
  const uri = read.store.uri + read.key
  const slices: PartitionSlice[] = []
  for (let i = 0; i < count; i++) {
    const entry = readIndexed(row, i * INDEXED_BYTES, { partition, task: from + i }, uri)
    if (entry.rows === 0) continue
    const producer = decodeProducer(producers, i * PRODUCER_BYTES, from + i, uri)
    slices.push({ task: from + i, producer, entry })
  }
  return { header, slices }
}

/** Slices of some producers for some neighbouring partitions. */
export interface PartOfIndex {
  readonly header: ManifestHeader
  /** By partition; those that hold rows, in the order of the producing tasks. */
  readonly partitions: readonly (readonly PartitionSlice[])[]
}

/** Reads the rows of neighbouring partitions by few requests, though they hold all producers. */
export async function readPartOfIndex(
  read: ManifestRead,
  of: { readonly producers: Numbers; readonly partitions: Numbers },
): Promise<PartOfIndex> {
  const { first, header, layout } = await readStart(read)
  const { from, to } = of.producers
  const uri = read.store.uri + read.key
  const bytes = await bytesAt(read, first, layout.producerAt(from), (to - from) * PRODUCER_BYTES)
  const producers = Array.from({ length: to - from }, (_, i) =>
    decodeProducer(bytes, i * PRODUCER_BYTES, from + i, uri),
  )
  const partitions: PartitionSlice[][] = []
  for (const stretch of indexStretches(of.partitions, header.tasks)) {
    const start = layout.entryAt(stretch.from, from)
    const end = layout.entryAt(stretch.to - 1, to)
    const rows = await bytesAt(read, first, start, end - start)
    for (let partition = stretch.from; partition < stretch.to; partition++) {
      const slices: PartitionSlice[] = []
      for (const [i, producer] of producers.entries()) {
        const task = from + i
        const entry = readIndexed(rows, layout.entryAt(partition, task) - start, { partition, task }, uri)
        if (entry.rows > 0) slices.push({ task, producer, entry })
      }
      partitions.push(slices)
    }
  }
  return { header, partitions }
}

/** All producers, by task: also of those that have nothing for one partition or another. */
export async function readProducers(read: ManifestRead): Promise<readonly Producer[]> {
  const { first, header, layout } = await readStart(read)
  const view = await bytesAt(read, first, layout.producerAt(0), header.tasks * PRODUCER_BYTES)
  const uri = read.store.uri + read.key
  return Array.from({ length: header.tasks }, (_, task) =>
    decodeProducer(view, task * PRODUCER_BYTES, task, uri),
  )
}

interface ManifestStart {
  readonly first: Uint8Array
  readonly header: ManifestHeader
  readonly layout: ReturnType<typeof manifestLayout>
}

async function readStart(read: ManifestRead): Promise<ManifestStart> {
  const { store, key, signal } = read
  read.counters.gets += 2
  const info = await store.head(key, { signal })
  if (info === undefined) throw new DunlinError('CORRUPT', `the exchange manifest ${store.uri}${key} is gone`)
  const length = Math.min(info.sizeBytes, MANIFEST_FIRST_BYTES)
  const first = await bytesOf(read, { offset: 0, length })
  const { headerEnd, header } = await readHeader(read, first)
  return { first, header, layout: manifestLayout(headerEnd, header) }
}

async function readHeader(
  read: ManifestRead,
  first: Uint8Array,
): Promise<{ readonly headerEnd: number; readonly header: ManifestHeader }> {
  const uri = read.store.uri + read.key
  const known = decodeManifestHeader(first, uri)
  if (known.header !== null) return { headerEnd: known.headerEnd, header: known.header }
  read.counters.gets++
  const { headerEnd, header } = decodeManifestHeader(
    await bytesOf(read, { offset: 0, length: known.headerEnd }),
    uri,
  )
  // Its length is another than a moment ago.
  if (header === null) throw damaged(uri)
  return { headerEnd, header }
}

/** @throws CORRUPT where there are fewer than were asked for */
async function bytesOf({ store, key, signal }: ManifestRead, range: ByteRange): Promise<Uint8Array> {
  const bytes = await store.get(key, range, { signal })
  if (bytes.length !== range.length) throw damaged(store.uri + key)
  return bytes
}

/** Bytes of the manifest: from what the first request brought, or by another one. */
async function bytesAt(
  read: ManifestRead,
  first: Uint8Array,
  offset: number,
  length: number,
): Promise<DataView> {
  let bytes: Uint8Array
  if (offset + length <= first.length) {
    bytes = first.subarray(offset, offset + length)
  } else {
    read.counters.gets++
    bytes = await bytesOf(read, { offset, length })
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
