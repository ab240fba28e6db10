/**
 * MurmurHash3: the 32-bit hash of bytes and numbers (Austin Appleby's MurmurHash3_x86_32, public domain).
 *
 * Hashes are signed 32-bit integers here: V8 keeps those unboxed, and would allocate for the upper half of unsigned ones.
 */
import '../batch/endianness.ts'

const C1 = 0xcc9e2d51
const C2 = 0x1b873593

/** One step of the body: folds 32 bits into the state. */
export function round(state: number, word: number): number {
  const k = Math.imul(word, C1)
  const h = state ^ Math.imul((k << 15) | (k >>> 17), C2)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** The finaliser: every bit of the input moves every bit of the result. */
export function finish(state: number): number {
  let h = state ^ (state >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** MurmurHash3_x86_32 of `bytes[start … end - 1]`. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let h = seed
  let i = start
  for (; i + 4 <= end; i += 4) {
    h = round(h, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
  }
  let tail = 0
  for (let shift = 0; i < end; i++, shift += 8) tail |= bytes[i]! << shift
  const k = Math.imul(tail, C1)
  h ^= Math.imul((k << 15) | (k >>> 17), C2)
  return finish(h ^ (end - start))
}

const double = new Float64Array(1)
const words = new Int32Array(double.buffer)
/** Stands for every NaN: which bits a NaN has is up to the machine. */
const NAN_WORD = 0x7ff80000
const SIGN = 0x80000000 | 0
const EXPONENT = 0x7ff00000
const FRACTION = 0x000fffff

/** The hash of the float64 of these two halves; −0 is 0, and NaN one value. */
export function hashDouble(low: number, high: number, seed: number): number {
  if ((high & EXPONENT) === EXPONENT && ((high & FRACTION) | low) !== 0) return finish(seed ^ NAN_WORD)
  const h = high === SIGN && low === 0 ? 0 : high
  return finish(round(round(seed, low), h) ^ 8)
}

/** The hash of a number by the bits of its float64. */
export function hashNumber(value: number, seed: number): number {
  double[0] = value
  return hashDouble(words[0]!, words[1]!, seed)
}
