/** Reading one slice: whole, or too large for that, as a stream. Its CRC32 is checked before a byte of it is decoded. */
import { type Batch, DunlinError, decodeSlice, MessageReader, type Schema } from '../../operators/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { crcOfPieces } from './crc-of-pieces.ts'
import { type SliceEntry, type SliceOwner, sliceCrc, sliceSeed } from './slice-entry.ts'

/** A slice that was committed. */
export interface Slice {
  readonly store: ObjectStore
  /** The producer's object. */
  readonly key: string
  readonly entry: SliceEntry
  readonly owner: SliceOwner
  /** What its batches were written with. */
  readonly schema: Schema
  readonly signal: AbortSignal
}

export async function fetchSlice({ store, key, entry, signal }: Slice): Promise<Uint8Array> {
  try {
    return await store.get(key, { offset: entry.offset, length: entry.byteLength }, { signal })
  } catch (error) {
    throw ofMissing(error, store.uri + key)
  }
}

/** @throws DunlinError `CORRUPT` where the bytes are not those that were committed. */
export function decodeFetched(slice: Slice, bytes: Uint8Array): Batch[] {
  if (sliceCrc([bytes], slice.owner) !== slice.entry.crc32) throw damaged(slice)
  return decodeSlice(slice.schema, bytes)
}

/**
 * The batches of a slice of any size in the memory of one of them. It is read twice: the first time only for its
 * CRC32, which is looked at again after the second.
 */
export async function* streamSlice(slice: Slice): AsyncGenerator<Batch> {
  const { entry, owner } = slice
  let crc = sliceSeed(owner)
  for await (const piece of pieces(slice)) crc = crcOfPieces([piece], crc)
  if (crc !== entry.crc32) throw damaged(slice)
  const reader = new MessageReader(slice.schema, entry.byteLength)
  crc = sliceSeed(owner)
  for await (const piece of pieces(slice)) {
    crc = crcOfPieces([piece], crc)
    yield* reader.push(piece)
  }
  if (crc !== entry.crc32) throw damaged(slice)
  reader.finish()
}

async function* pieces({ store, key, entry, signal }: Slice): AsyncGenerator<Uint8Array> {
  try {
    yield* store.stream(key, { offset: entry.offset, length: entry.byteLength }, { signal })
  } catch (error) {
    throw ofMissing(error, store.uri + key)
  }
}

function ofMissing(error: unknown, uri: string): unknown {
  if (!(error instanceof DunlinError) || error.code !== 'NOT_FOUND') return error
  return new DunlinError('CORRUPT', `a committed object is gone: ${uri}`, {
    cause: error,
    hint: 'Something outside of the job removed files of its store. Run the job again.',
  })
}

function damaged({ store, key, entry, owner }: Slice): DunlinError {
  const uri = store.uri + key
  return new DunlinError(
    'CORRUPT',
    `the slice of partition ${owner.partition} that task ${owner.task} of stage ${owner.stage} wrote is damaged: ${uri}, ` +
      `bytes ${entry.offset} to ${entry.offset + entry.byteLength}, do not have the CRC32 that was committed`,
    {
      hint: 'The disk or bucket returned other bytes than were written. Run the job again.',
      place: { at: uri },
    },
  )
}
