/**
 * The exchange manifest: binary, fixed width, partition-major, so that a consumer reads only its own row by range.
 *
 * Layout, little-endian: `DLM1` · u32 length of the header · header (JSON) · per producer { 8 bytes nonce, u32
 * attempt, i32 index of its schema or −1, u32 generation } · per partition and producer one slice entry.
 */
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
export const PREAMBLE_BYTES = 8

export function encodeManifestHead(header: ManifestHeader, producers: readonly Producer[]): Uint8Array {
  const json = Buffer.from(JSON.stringify(header))
  const bytes = new Uint8Array(PREAMBLE_BYTES + json.length + producers.length * PRODUCER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, json.length, true)
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

/** Bytes before the rows of slice entries, given the manifest's first 8 bytes. */
export function manifestHeadBytes(preamble: Uint8Array, tasks: number, uri: string): number {
  const view = new DataView(preamble.buffer, preamble.byteOffset, preamble.byteLength)
  if (preamble.length < PREAMBLE_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw new DunlinError('CORRUPT', `${uri} is not an exchange manifest`)
  }
  return PREAMBLE_BYTES + view.getUint32(4, true) + tasks * PRODUCER_BYTES
}

export function decodeManifestHead(head: Uint8Array): {
  readonly header: ManifestHeader
  readonly producers: readonly Producer[]
} {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const length = view.getUint32(4, true)
  const header = JSON.parse(
    Buffer.from(head.subarray(PREAMBLE_BYTES, PREAMBLE_BYTES + length)).toString(),
  ) as ManifestHeader
  const producers: Producer[] = []
  for (let at = PREAMBLE_BYTES + length; producers.length < header.tasks; at += PRODUCER_BYTES) {
    producers.push({
      nonce: Buffer.from(head.subarray(at, at + NONCE_BYTES)).toString('hex'),
      attempt: view.getUint32(at + 8, true),
      schema: view.getInt32(at + 12, true),
      generation: view.getUint32(at + 16, true),
    })
  }
  return { header, producers }
}

/** Bytes of one partition's row of slice entries. */
export const manifestRowBytes = (tasks: number): number => tasks * SLICE_ENTRY_BYTES
