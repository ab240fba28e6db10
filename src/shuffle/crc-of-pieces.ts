/** CRC32 of bytes that stand in several pieces. */
import { crc32 } from 'node:zlib'

/** @param crc that of the bytes before them */
export function crcOfPieces(pieces: Iterable<Uint8Array>, crc = 0): number {
  let value = crc
  for (const piece of pieces) value = crc32(piece, value)
  return value
}
