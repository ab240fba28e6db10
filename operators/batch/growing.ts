/** Growing memory: typed arrays that double, and give a copy of just what was written. */
import type { NumberArray } from './batch.ts'

type Growable = NumberArray | BigInt64Array

/** The same values in an array of at least `needed` elements; the others are 0. */
export function grown<T extends Growable>(array: T, needed: number): T {
  if (needed <= array.length) return array
  const bigger = new (constructorOf(array))(capacityFor(array, needed))
  bigger.set(array as never)
  return bigger
}

/** As `grown`, but the other elements may be anything: for whoever writes each before it is seen. */
export function grownUnset<T extends Growable>(array: T, needed: number): T {
  if (needed <= array.length) return array
  const bigger = unset(array, capacityFor(array, needed))
  bigger.set(array as never)
  return bigger
}

/** Below this, zeros cost less than what it takes to do without. */
const ZEROED_BYTES = 4 << 10

/** An array like the given one, whose elements may be anything. Its memory is its own. */
export function unset<T extends Growable>(like: T, length: number): T {
  const bytes = length * like.BYTES_PER_ELEMENT
  if (bytes < ZEROED_BYTES) return new (constructorOf(like))(length)
  return new (constructorOf(like))(Buffer.allocUnsafeSlow(bytes).buffer)
}

const constructorOf = <T extends Growable>(array: T): (new (from: number | ArrayBuffer) => T) =>
  array.constructor as new (
    from: number | ArrayBuffer,
  ) => T

function capacityFor(array: Growable, needed: number): number {
  let capacity = Math.max(16, array.length)
  while (capacity < needed) capacity *= 2
  return capacity
}

/** Empty arrays to grow from. Shared, since growing never writes into an array that is full. */
export const NO_BYTES = new Uint8Array(0)
/** The offsets of no rows. */
export const NO_OFFSETS = new Int32Array(1)

/** `Buffer` because only it writes and reads strings in place; never one of Node's shared pool. */
export function grownBuffer(buffer: Buffer, needed: number): Buffer {
  if (needed <= buffer.length) return buffer
  let capacity = Math.max(256, buffer.length)
  while (capacity < needed) capacity *= 2
  const bigger = Buffer.allocUnsafeSlow(capacity)
  bigger.set(buffer)
  return bigger
}

/** A view as a Buffer, without copying. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Bytes of a copy that owns its memory. */
export function ownedBytes(buffer: Buffer, length: number): Uint8Array {
  const copy = new Uint8Array(length)
  copy.set(buffer.subarray(0, length))
  return copy
}

export const bitBytes = (rows: number): number => (rows + 7) >> 3

export const bitAt = (bits: Uint8Array, row: number): boolean => ((bits[row >> 3]! >> (row & 7)) & 1) === 1

/** Growing bits, least significant first, as Arrow has them. Bits never set are 0. */
export class GrowingBits {
  #bits: Uint8Array = NO_BYTES
  #used = 0

  set(row: number): void {
    const byte = row >> 3
    if (byte >= this.#bits.length) this.#bits = grown(this.#bits, byte + 1)
    this.#bits[byte]! |= 1 << (row & 7)
    if (byte >= this.#used) this.#used = byte + 1
  }

  /** A copy of the first `rows` bits; everything is 0 again afterwards. */
  take(rows: number): Uint8Array {
    const taken = new Uint8Array(bitBytes(rows))
    taken.set(this.#bits.subarray(0, this.#used))
    this.#bits.fill(0, 0, this.#used)
    this.#used = 0
    return taken
  }
}

/** Which rows are null. Costs nothing until the first null. */
export class NullMask {
  /** Set where a row is null: the complement of Arrow's validity, so that rows with values need no writing. */
  readonly #nulls = new GrowingBits()
  count = 0

  add(row: number): void {
    this.#nulls.set(row)
    this.count++
  }

  addRange(row: number, rows: number): void {
    for (let i = 0; i < rows; i++) this.#nulls.set(row + i)
    this.count += rows
  }

  /** Arrow's validity of the first `rows` rows, null where none is null; the mask is empty afterwards. */
  take(rows: number): { readonly nullCount: number; readonly validity: Uint8Array | null } {
    const nullCount = this.count
    if (nullCount === 0) return { nullCount, validity: null }
    this.count = 0
    const validity = this.#nulls.take(rows)
    for (let i = 0; i < validity.length; i++) validity[i] = ~validity[i]!
    // Bits past the end are 0, so that equal columns are equal bytes.
    if ((rows & 7) !== 0) validity[validity.length - 1]! &= (1 << (rows & 7)) - 1
    return { nullCount, validity }
  }
}
