/** 64-bit integers as two words, for exact sums without a bigint for each addend. */
import { resized } from './accumulator.ts'

const VALUE = new BigInt64Array(1)
const WORDS = new Int32Array(VALUE.buffer)
const TWO_32 = 0x1_0000_0000

/**
 * Sums of int64 by group: `high * 2^32 + low`, both exact in float64, with `0 ≤ low < 2^32`. Between additions a sum
 * may lie outside of 64 bits.
 */
export class Int64Sums {
  #high = new Float64Array(0)
  #low = new Float64Array(0)

  resize(groups: number): void {
    this.#high = resized(this.#high, groups)
    this.#low = resized(this.#low, groups)
  }

  clear(): void {
    this.#high.fill(0)
    this.#low.fill(0)
  }

  /** Adds the integer of these two words, least significant first. */
  addWords(group: number, low: number, high: number): void {
    const sum = this.#low[group]! + (low >>> 0)
    const carry = sum >= TWO_32 ? 1 : 0
    this.#low[group] = sum - carry * TWO_32
    this.#high[group]! += high + carry
  }

  /** `value` must fit in 64 bits. */
  add(group: number, value: bigint): void {
    VALUE[0] = value
    this.addWords(group, WORDS[0]!, WORDS[1]!)
  }

  fits(group: number): boolean {
    const high = this.#high[group]!
    return high >= -0x8000_0000 && high <= 0x7fff_ffff
  }

  /** The sum; wrapped around where it does not fit. */
  sumOf(group: number): bigint {
    return BigInt.asIntN(64, BigInt(this.#high[group]!) * BigInt(TWO_32) + BigInt(this.#low[group]!))
  }

  numberOf(group: number): number {
    return this.#high[group]! * TWO_32 + this.#low[group]!
  }
}
