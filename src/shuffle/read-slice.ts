/** Reading one slice: whole, or too large for that, as a stream. Its CRC32 is checked before a byte of it is decoded. */
import {
  type Batch,
  DunlinError,
  decodeSlice,
  type LostOutput,
  MessageReader,
  type Schema,
} from '../../operators/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { crcOfPieces } from './crc-of-pieces.ts'
import { asLost } from './lost-output.ts'
import { type SliceEntry, type SliceOwner, sliceCrc, sliceSeed } from './slice-entry.ts'

/** A slice that was committed. */
export interface Slice {
  readonly store: ObjectStore
  /** The producer's object. */
  readonly key: string
  readonly entry: SliceEntry
  readonly owner: SliceOwner
  /** Whose output it is, should it be gone or damaged. */
  readonly lost: LostOutput
  /** What its batches were written with. */
  readonly schema: Schema
  readonly signal: AbortSignal
}

/**
 * The bytes that were committed. Other bytes are asked for once more: the network, too, turns bits.
 *
 * @throws DunlinError `CORRUPT`, with what is lost, where they are gone or damaged.
 */
export async function fetchSlice(slice: Slice): Promise<Uint8Array> {
  const bytes = await fetchOnce(slice)
  if (isIntact(slice, bytes)) return bytes
  const again = await fetchOnce(slice)
  if (isIntact(slice, again)) return again
  throw damaged(slice)
}

async function fetchOnce({ store, key, entry, signal, lost }: Slice): Promise<Uint8Array> {
  try {
    return await store.get(key, { offset: entry.offset, length: entry.byteLength }, { signal })
  } catch (error) {
    throw ofMissing(error, store.uri + key, lost)
  }
}

export const isIntact = ({ entry, owner }: Slice, bytes: Uint8Array): boolean =>
  sliceCrc([bytes], owner) === entry.crc32

/** Of bytes that `fetchSlice` gave. */
export function decodeFetched(slice: Slice, bytes: Uint8Array): Batch[] {
  return decodeSlice(slice.schema, bytes)
}

/**
 * The batches of a slice of any size in the memory of one of them. It is read twice: the first time only for its
 * CRC32, which is looked at again after the second.
 */
export async function* streamSlice(slice: Slice): AsyncGenerator<Batch> {
  const { entry, owner } = slice
  if ((await streamedCrc(slice)) !== entry.crc32 && (await streamedCrc(slice)) !== entry.crc32) {
    throw damaged(slice)
  }
  const reader = new MessageReader(slice.schema, entry.byteLength)
  let crc = sliceSeed(owner)
  for await (const piece of pieces(slice)) {
    crc = crcOfPieces([piece], crc)
    yield* reader.push(piece)
  }
  if (crc !== entry.crc32) throw damaged(slice)
  reader.finish()
}

async function streamedCrc(slice: Slice): Promise<number> {
  let crc = sliceSeed(slice.owner)
  for await (const piece of pieces(slice)) crc = crcOfPieces([piece], crc)
  return crc
}

async function* pieces({ store, key, entry, signal, lost }: Slice): AsyncGenerator<Uint8Array> {
  try {
    yield* store.stream(key, { offset: entry.offset, length: entry.byteLength }, { signal })
  } catch (error) {
    throw ofMissing(error, store.uri + key, lost)
  }
}

export function ofMissing(error: unknown, uri: string, lost: LostOutput): unknown {
  if (!(error instanceof DunlinError) || error.code !== 'NOT_FOUND') return asLost(error, lost)
  return new DunlinError('CORRUPT', `a committed object is gone: ${uri}`, {
    cause: error,
    hint: 'Something outside of the job removed files of its store. Run the job again.',
    lost,
  })
}

function damaged({ store, key, entry, owner, lost }: Slice): DunlinError {
  const uri = store.uri + key
  return new DunlinError(
    'CORRUPT',
    `the slice of partition ${owner.partition} that task ${owner.task} of stage ${owner.stage} wrote is damaged: ${uri}, ` +
      `bytes ${entry.offset} to ${entry.offset + entry.byteLength}, do not have the CRC32 that was committed`,
    {
      hint: 'The disk or bucket returned other bytes than were written. Run the job again.',
      place: { at: uri },
      lost,
    },
  )
}
