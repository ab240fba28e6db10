/** Reads the bytes of an object for a reader that says itself when it has enough. */
import type { SplitRange } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { ReadCounters } from './read-split.ts'

/** Read past a split's end in the same request: the rest of its last record is hardly ever longer. */
const PAST_END_BYTES = 64 << 10
/** Then these, each four times the last, up to the largest. */
const FIRST_MORE_BYTES = 256 << 10
const MAX_MORE_BYTES = 4 << 20

export interface ByteRequest {
  readonly store: ObjectStore
  readonly range: SplitRange
  /** Where to begin. */
  readonly from: number
  /** Where what is needed ends, if that is known. */
  readonly to?: number
  /** How long pieces had better be. */
  readonly pieceBytes?: number
  /** A piece is done with when the next is asked for. */
  readonly lent: boolean
  readonly signal: AbortSignal
  readonly counters: ReadCounters
}

/** From `from` to the end of the object, in pieces; what lies past the split's end is only read when asked for. */
export async function* readBytes(request: ByteRequest): AsyncGenerator<Uint8Array> {
  const { store, range, from, to, pieceBytes, lent, signal, counters } = request
  const { key, size } = range
  const until = range.compression === undefined ? Math.min(size, to ?? range.end + PAST_END_BYTES) : size
  if (from >= until) return
  counters.gets++
  const pieces = { signal, lent, ...(pieceBytes !== undefined && { pieceBytes }) }
  for await (const piece of store.stream(key, { offset: from, length: until - from }, pieces)) {
    counters.bytesIn += piece.byteLength
    yield piece
  }
  let more = FIRST_MORE_BYTES
  for (let offset = until; offset < size; ) {
    const length = Math.min(more, size - offset)
    counters.gets++
    const piece = await store.get(key, { offset, length }, { signal })
    counters.bytesIn += length
    yield piece
    offset += length
    more = Math.min(4 * more, MAX_MORE_BYTES)
  }
}
