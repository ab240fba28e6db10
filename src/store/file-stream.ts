/** Streams an open file: while a piece is worked on, the next one is read. */
import { fstatSync } from 'node:fs'
import { allocate, readFully, SHORT_BYTES } from './file-io.ts'
import type { StreamOptions } from './object-store.ts'
import { notFound, shorterThanAsked, throwIfAborted } from './request.ts'

/** Large enough that the trip through the thread pool does not count, small enough for the caches. */
const PIECE_BYTES = 1 << 20
const MOST_PIECE_BYTES = 4 << 20

/**
 * The bytes of the range, up to the size that the file had at the first read. Does not close `fd`.
 *
 * Memory: two pieces. Where they are lent, it is the same two all the time: memory that was just used is in the cache.
 */
export async function* streamFile(
  fd: number,
  uri: string,
  range: { readonly offset: number; readonly length?: number },
  { signal, pieceBytes = PIECE_BYTES, lent = false }: StreamOptions = {},
): AsyncGenerator<Uint8Array> {
  const stats = fstatSync(fd)
  if (!stats.isFile()) throw notFound(uri)
  const end = range.length === undefined ? stats.size : range.offset + range.length
  if (end > stats.size || range.offset > stats.size) throw shorterThanAsked(uri, range, stats.size)

  const most = pieceBytes >= SHORT_BYTES && pieceBytes <= MOST_PIECE_BYTES ? pieceBytes : PIECE_BYTES
  let spare: Uint8Array | null = null
  const readAt = async (position: number): Promise<Uint8Array> => {
    const length = Math.min(most, end - position)
    const piece = spare !== null && spare.length >= length ? spare.subarray(0, length) : allocate(length)
    spare = null
    const got = await readFully(fd, piece, position, signal, uri)
    if (got < piece.byteLength) throw shorterThanAsked(uri, range, position + got)
    return piece
  }

  let next = range.offset < end ? readAt(range.offset) : undefined
  let position = range.offset
  try {
    while (next !== undefined) {
      const piece: Uint8Array = await next
      next = undefined
      throwIfAborted(signal, uri)
      position += piece.byteLength
      if (end - position > SHORT_BYTES) {
        next = readAt(position)
        // Its failure is met at the next turn; until then it is no unhandled rejection.
        next.catch(() => {})
      }
      yield piece
      if (lent) spare = piece
      // A short rest is read at once, on this thread.
      if (next === undefined && position < end) next = readAt(position)
    }
  } finally {
    // The file must not be closed under a running read.
    await next?.catch(() => {})
  }
}
