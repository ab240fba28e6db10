/**
 * The commit record: one small object per task and generation, created exclusively, that names the attempt which
 * won and indexes the slices of its shuffle object.
 *
 * Layout, little-endian: `DLC1` · u32 length of the header · header (JSON) · u32 number of slices · per slice
 * { u32 partition, slice entry } in ascending order of partitions · u32 CRC32 of all before it.
 */
import { crc32 } from 'node:zlib'
import { DunlinError } from '../../operators/index.ts'
import type { TaskSuccess } from '../task/task-event.ts'
import { readSliceEntry, SLICE_ENTRY_BYTES, type SliceEntry, writeSliceEntry } from './slice-entry.ts'

export interface CommitRecord {
  /** What the task answered; a later delivery of the same task answers the same. */
  readonly success: TaskSuccess
  readonly fingerprint: string
  /** Slices that are not empty, by ascending partition. */
  readonly slices: readonly { readonly partition: number; readonly entry: SliceEntry }[]
}

const MAGIC = 0x31434c44 // DLC1
const ENTRY_BYTES = 4 + SLICE_ENTRY_BYTES

export function encodeCommit(commit: CommitRecord): Uint8Array {
  const header = Buffer.from(JSON.stringify({ success: commit.success, fingerprint: commit.fingerprint }))
  const bytes = new Uint8Array(8 + header.length + 4 + commit.slices.length * ENTRY_BYTES + 4)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, header.length, true)
  bytes.set(header, 8)
  let at = 8 + header.length
  view.setUint32(at, commit.slices.length, true)
  at += 4
  for (const { partition, entry } of commit.slices) {
    view.setUint32(at, partition, true)
    writeSliceEntry(view, at + 4, entry)
    at += ENTRY_BYTES
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)), true)
  return bytes
}

/** @throws DunlinError `CORRUPT`, naming `uri`, unless the bytes are exactly a commit record. */
export function decodeCommit(bytes: Uint8Array, uri: string): CommitRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length - 4
  if (
    end < 12 ||
    view.getUint32(0, true) !== MAGIC ||
    view.getUint32(end, true) !== crc32(bytes.subarray(0, end))
  ) {
    throw new DunlinError('CORRUPT', `${uri} is not an intact commit record`, {
      hint: 'Run the job again; if it happens twice, check the disk or bucket that holds the store.',
    })
  }
  const headerLength = view.getUint32(4, true)
  const header = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + 8, headerLength).toString()) as {
    success: TaskSuccess
    fingerprint: string
  }
  let at = 8 + headerLength
  const count = view.getUint32(at, true)
  at += 4
  const slices: { partition: number; entry: SliceEntry }[] = []
  for (let i = 0; i < count; i++, at += ENTRY_BYTES) {
    slices.push({ partition: view.getUint32(at, true), entry: readSliceEntry(view, at + 4) })
  }
  return { ...header, slices }
}
