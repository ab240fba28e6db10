/**
 * The exchange manifest: binary, fixed width, partition-major, so that a consumer reads only its own row by range.
 *
 * Layout, little-endian: `DLM1` · u32 length of the header · u32 CRC32 of the header · header (JSON) · per producer { 8 bytes nonce, u32
 * attempt, i32 index of its schema or −1, u32 generation } · per partition and producer one slice entry.
 */
import { crc32 } from 'node:zlib'
import { DunlinError, type Schema } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import { SLICE_ENTRY_BYTES } from './slice-entry.ts'

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

const MAGIC = 0x314d4c44 // DLM1
const NONCE_BYTES = 8
export const PRODUCER_BYTES = NONCE_BYTES + 12
const PREAMBLE_BYTES = 12

export function encodeManifestHead(header: ManifestHeader, producers: readonly Producer[]): Uint8Array {
  const json = Buffer.from(JSON.stringify(header))
  const bytes = new Uint8Array(PREAMBLE_BYTES + json.length + producers.length * PRODUCER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, json.length, true)
  view.setUint32(8, crc32(json), true)
  bytes.set(json, PREAMBLE_BYTES)
  let at = PREAMBLE_BYTES + json.length
  for (const producer of producers) {
    bytes.set(Buffer.from(producer.nonce, 'hex'), at)
    view.setUint32(at + 8, producer.attempt, true)
    view.setInt32(at + 12, producer.schema, true)
    view.setUint32(at + 16, producer.generation, true)
    at += PRODUCER_BYTES
  }
  return bytes
}

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

function damaged(uri: string): DunlinError {
  return new DunlinError('CORRUPT', `${uri} is not an intact exchange manifest`, {
    hint: 'Something outside of the job changed its store. Run the job again.',
  })
}

export function decodeProducer(view: DataView, at: number): Producer {
  return {
    nonce: Buffer.from(view.buffer, view.byteOffset + at, NONCE_BYTES).toString('hex'),
    attempt: view.getUint32(at + 8, true),
    schema: view.getInt32(at + 12, true),
    generation: view.getUint32(at + 16, true),
  }
}

/** Where producers and entries stand in a manifest whose header ends at `headerEnd`. */
export function manifestLayout(headerEnd: number, { tasks }: Pick<ManifestHeader, 'tasks'>) {
  const rows = headerEnd + tasks * PRODUCER_BYTES
  return {
    producerAt: (task: number): number => headerEnd + task * PRODUCER_BYTES,
    entryAt: (partition: number, task: number): number =>
      rows + partition * manifestRowBytes(tasks) + task * SLICE_ENTRY_BYTES,
  }
}

/** Bytes of one partition's row of slice entries. */
export const manifestRowBytes = (tasks: number): number => tasks * SLICE_ENTRY_BYTES
