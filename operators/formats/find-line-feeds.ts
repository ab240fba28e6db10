/** Finds line feeds in bytes, four bytes at a time. */

const LF = 10
const FOUR_LFS = 0x0a0a0a0a

/**
 * Writes the positions of the line feeds in `bytes[from, to)` into `out`, as many as fit; returns how many.
 * A zero byte in a word shows in the classic `(x - 0x01…) & ~x & 0x80…` test; it may be true for a word without one
 * only above a byte that is one, so no line feed is missed and each hit is looked at byte by byte.
 */
export function findLineFeeds(bytes: Uint8Array, from: number, to: number, out: Int32Array): number {
  const room = out.length - 3
  let found = 0
  let at = from
  while (at < to && ((bytes.byteOffset + at) & 3) !== 0 && found < room) {
    if (bytes[at] === LF) out[found++] = at
    at++
  }
  const words = (to - at) >> 2
  if (words > 0) {
    const view = new Int32Array(bytes.buffer, bytes.byteOffset + at, words)
    let k = 0
    for (; k < words && found < room; k++) {
      const x = view[k]! ^ FOUR_LFS
      if (((x - 0x01010101) & ~x & 0x80808080) === 0) continue
      const byte = at + (k << 2)
      if (bytes[byte] === LF) out[found++] = byte
      if (bytes[byte + 1] === LF) out[found++] = byte + 1
      if (bytes[byte + 2] === LF) out[found++] = byte + 2
      if (bytes[byte + 3] === LF) out[found++] = byte + 3
    }
    at += k << 2
  }
  for (; at < to && found < room; at++) if (bytes[at] === LF) out[found++] = at
  return found
}
