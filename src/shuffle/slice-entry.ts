/** Where one slice is: fixed width, little-endian, so that an index of slices can be read by range. */
import { crc32 } from 'node:zlib'
import type { StageId } from '../../planner/index.ts'
import { crcOfPieces } from './crc-of-pieces.ts'

export interface SliceEntry {
  readonly offset: number
  readonly byteLength: number
  readonly crc32: number
  readonly rows: number
}

export const SLICE_ENTRY_BYTES = 24

const HIGH = 2 ** 32

export function writeSliceEntry(view: DataView, at: number, entry: SliceEntry): void {
  view.setUint32(at, entry.offset % HIGH, true)
  view.setUint32(at + 4, Math.floor(entry.offset / HIGH), true)
  view.setUint32(at + 8, entry.byteLength % HIGH, true)
  view.setUint32(at + 12, Math.floor(entry.byteLength / HIGH), true)
  view.setUint32(at + 16, entry.crc32, true)
  view.setUint32(at + 20, entry.rows, true)
}

export function readSliceEntry(view: DataView, at: number): SliceEntry {
  return {
    offset: view.getUint32(at, true) + view.getUint32(at + 4, true) * HIGH,
    byteLength: view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * HIGH,
    crc32: view.getUint32(at + 16, true),
    rows: view.getUint32(at + 20, true),
  }
}

/** Whose slice it is. */
export interface SliceOwner {
  readonly stage: StageId
  readonly task: number
  readonly partition: number
}

/**
 * CRC32 of a slice, seeded with whose slice it is: bytes that are intact but belong to another task or partition do
 * not pass for it.
 */
export const sliceCrc = (pieces: Iterable<Uint8Array>, of: SliceOwner): number =>
  crcOfPieces(pieces, sliceSeed(of))

/** The CRC32 of a slice before its first byte. */
export const sliceSeed = (of: SliceOwner): number => crc32(`${of.stage}/${of.task}/${of.partition}`)
