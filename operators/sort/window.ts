/** Windows: a few bytes of a key as one number, and what is left to compare behind them. */
import type { EncodedKeys } from './order-key.ts'

/** Six, because numbers are exact up to 2^53. */
export const WINDOW_BYTES = 6

/** The bytes of a row's key from `depth` on as one number; bytes behind the key's end count as 0. */
export function windowOf(keys: readonly EncodedKeys[], ref: number, depth: number): number {
  const { bytes, offsets } = keys[ref >>> 16]!
  const at = offsets[ref & 0xffff]! + depth
  const end = offsets[(ref & 0xffff) + 1]!
  if (end - at < WINDOW_BYTES) return lastWindow(bytes, at, end)
  return (
    ((bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!) * 0x100_0000 +
    ((bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!)
  )
}

function lastWindow(bytes: Uint8Array, at: number, end: number): number {
  let window = 0
  for (let i = at; i < at + WINDOW_BYTES; i++) window = window * 256 + (i < end ? bytes[i]! : 0)
  return window
}

/** How many bytes of a row's key are in the window, one more where it goes on behind it. */
export function lengthWithin(keys: readonly EncodedKeys[], ref: number, depth: number): number {
  const { offsets } = keys[ref >>> 16]!
  const row = ref & 0xffff
  return Math.max(0, Math.min(WINDOW_BYTES + 1, offsets[row + 1]! - offsets[row]! - depth))
}

/** The order of two rows whose keys share `depth` bytes, or so many zeros behind the end of one. */
export function compareFrom(keys: readonly EncodedKeys[], a: number, b: number, depth: number): number {
  const x = keys[a >>> 16]!
  const y = keys[b >>> 16]!
  const at = x.offsets[a & 0xffff]!
  const bt = y.offsets[b & 0xffff]!
  const left = x.offsets[(a & 0xffff) + 1]! - at
  const right = y.offsets[(b & 0xffff) + 1]! - bt
  const end = Math.min(left, right)
  for (let i = depth; i < end; i++) {
    const difference = x.bytes[at + i]! - y.bytes[bt + i]!
    if (difference !== 0) return difference
  }
  return left - right
}

/** Bytes that are looked at to see whether rows stand in order already: ten times what a round gets on by. */
const LOOK_BYTES = 64

/** Two rows whose keys share `depth` bytes are seen to stand in order; false also where that would take a longer look. */
export function seenInOrder(keys: readonly EncodedKeys[], a: number, b: number, depth: number): boolean {
  const x = keys[a >>> 16]!
  const y = keys[b >>> 16]!
  const at = x.offsets[a & 0xffff]!
  const bt = y.offsets[b & 0xffff]!
  const left = x.offsets[(a & 0xffff) + 1]! - at
  const right = y.offsets[(b & 0xffff) + 1]! - bt
  const least = Math.min(left, right)
  const end = Math.min(least, depth + LOOK_BYTES)
  for (let i = depth; i < end; i++) {
    const difference = x.bytes[at + i]! - y.bytes[bt + i]!
    if (difference !== 0) return difference < 0
  }
  return end === least && left <= right
}

/** The greatest power of two, at most 1, that maps the numbers below `span` to numbers below `slots`. */
export function scaleTo(slots: number, span: number): number {
  let scale = 1
  while (span * scale > slots) scale /= 2
  return scale
}
