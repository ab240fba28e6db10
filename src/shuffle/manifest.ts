/**
 * The exchange manifest: binary, fixed width, partition-major, so that a consumer reads only its own row by range.
 *
 * Layout, little-endian: `DLM2` · u32 length of the header · u32 CRC32 of the header · header (JSON, padded by spaces) · per producer { 8 bytes nonce, u32
 * attempt, i32 index of its schema or −1, u32 generation, u32 seal } · per partition and producer { slice entry, u32 seal }.
 *
 * A seal is the CRC32 of what it stands behind, seeded with whose it is: readers take single entries, and a bit that turned
 * in one (16 rows that read as none) must not pass for what was committed.
 */
import { crc32 } from 'node:zlib'
import { DunlinError, type Schema } from '../../operators/index.ts'
import {
  MANIFEST_ENTRY_BYTES,
  MANIFEST_HEAD_BYTES,
  MANIFEST_PRODUCER_BYTES,
  type StageId,
} from '../../planner/index.ts'
import { readSliceEntry, type SliceEntry, writeSliceEntry } from './slice-entry.ts'

export interface ManifestHeader {
  readonly stage: StageId
  readonly tasks: number
  readonly partitions: number
  readonly rows: number
  /** What every consumer casts to; null where there was no row at all. */
  readonly schema: Schema | null
  /** The schemas that slices were written with. */
  readonly schemas: readonly Schema[]
}

export interface Producer {
  readonly nonce: string
  readonly attempt: number
  /** −1: it wrote nothing. */
  readonly schema: number
  readonly generation: number
}

/** Begins a manifest; another where manifests or slices are written otherwise. */
export const SHUFFLE_FORMAT = 'DLM2'
const MAGIC = Buffer.from(SHUFFLE_FORMAT).readUInt32LE()
const NONCE_BYTES = 8
const SEAL_BYTES = 4
export const PRODUCER_BYTES = MANIFEST_PRODUCER_BYTES
export const INDEXED_BYTES = MANIFEST_ENTRY_BYTES
const PRODUCERS = -1
const PREAMBLE_BYTES = 12

export function encodeManifestHead(header: ManifestHeader, producers: readonly Producer[]): Uint8Array {
  const text = JSON.stringify(header)
  // Of one length whatever the schema, so that the requests of its readers can be counted ahead.
  const json = Buffer.from(text.padEnd(MANIFEST_HEAD_BYTES - PREAMBLE_BYTES - widening(text)))
  const bytes = new Uint8Array(PREAMBLE_BYTES + json.length + producers.length * PRODUCER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, json.length, true)
  view.setUint32(8, crc32(json), true)
  bytes.set(json, PREAMBLE_BYTES)
  let at = PREAMBLE_BYTES + json.length
  for (const [task, producer] of producers.entries()) {
    bytes.set(Buffer.from(producer.nonce, 'hex'), at)
    view.setUint32(at + 8, producer.attempt, true)
    view.setInt32(at + 12, producer.schema, true)
    view.setUint32(at + 16, producer.generation, true)
    seal(view, at, PRODUCER_BYTES, PRODUCERS, task)
    at += PRODUCER_BYTES
  }
  return bytes
}

/** By how many bytes its UTF-8 is longer than it has characters. */
const widening = (text: string): number => Buffer.byteLength(text) - text.length

/**
 * The header of a manifest that begins with `start`; null where `start` does not reach to its end.
 *
 * @throws DunlinError `CORRUPT`, naming `uri`, for what is no manifest
 */
export function decodeManifestHeader(
  start: Uint8Array,
  uri: string,
): { readonly headerEnd: number; readonly header: ManifestHeader | null } {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (start.length < PREAMBLE_BYTES || view.getUint32(0, true) !== MAGIC) throw damaged(uri)
  const headerEnd = PREAMBLE_BYTES + view.getUint32(4, true)
  if (headerEnd > start.length) return { headerEnd, header: null }
  const json = Buffer.from(start.buffer, start.byteOffset + PREAMBLE_BYTES, headerEnd - PREAMBLE_BYTES)
  if (crc32(json) !== view.getUint32(8, true)) throw damaged(uri)
  return { headerEnd, header: JSON.parse(json.toString()) as ManifestHeader }
}

/** What is said of a manifest that is not what was written. */
export function damaged(uri: string): DunlinError {
  return new DunlinError('CORRUPT', `${uri} is not an intact exchange manifest`, {
    hint: 'Something outside of the job changed its store. Run the job again.',
  })
}

/** @throws DunlinError `CORRUPT`, naming `uri`, where it is not what was written for the task */
export function decodeProducer(view: DataView, at: number, task: number, uri: string): Producer {
  if (!isSealed(view, at, PRODUCER_BYTES, PRODUCERS, task)) throw damaged(uri)
  return {
    nonce: Buffer.from(view.buffer, view.byteOffset + at, NONCE_BYTES).toString('hex'),
    attempt: view.getUint32(at + 8, true),
    schema: view.getInt32(at + 12, true),
    generation: view.getUint32(at + 16, true),
  }
}

/** A slice that is not there. */
const EMPTY: SliceEntry = { offset: 0, byteLength: 0, crc32: 0, rows: 0 }

/** The entry of a partition and a producer; `undefined` where it has no rows of the partition. */
export function writeIndexed(
  view: DataView,
  at: number,
  entry: SliceEntry | undefined,
  of: { readonly partition: number; readonly task: number },
): void {
  writeSliceEntry(view, at, entry ?? EMPTY)
  seal(view, at, INDEXED_BYTES, of.partition, of.task)
}

/** @throws DunlinError `CORRUPT`, naming `uri`, where it is not what was written for the partition and the task */
export function readIndexed(
  view: DataView,
  at: number,
  of: { readonly partition: number; readonly task: number },
  uri: string,
): SliceEntry {
  if (!isSealed(view, at, INDEXED_BYTES, of.partition, of.task)) throw damaged(uri)
  return readSliceEntry(view, at)
}

function seal(view: DataView, at: number, length: number, partition: number, task: number): void {
  view.setUint32(at + length - SEAL_BYTES, sealOf(view, at, length, partition, task), true)
}

function isSealed(view: DataView, at: number, length: number, partition: number, task: number): boolean {
  return view.getUint32(at + length - SEAL_BYTES, true) === sealOf(view, at, length, partition, task)
}

function sealOf(view: DataView, at: number, length: number, partition: number, task: number): number {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length - SEAL_BYTES)
  return crc32(bytes, (Math.imul(partition + 1, GOLDEN) ^ task) >>> 0)
}

/** 2^32 / φ: spreads partitions over the seeds. */
const GOLDEN = 0x9e3779b1

/** Where producers and entries stand in a manifest whose header ends at `headerEnd`. */
export function manifestLayout(headerEnd: number, { tasks }: Pick<ManifestHeader, 'tasks'>) {
  const rows = headerEnd + tasks * PRODUCER_BYTES
  return {
    producerAt: (task: number): number => headerEnd + task * PRODUCER_BYTES,
    entryAt: (partition: number, task: number): number =>
      rows + partition * manifestRowBytes(tasks) + task * INDEXED_BYTES,
  }
}

/** Bytes of one partition's row of slice entries. */
export const manifestRowBytes = (tasks: number): number => tasks * INDEXED_BYTES
