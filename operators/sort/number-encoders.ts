/** Encoders of booleans, numbers, 64-bit integers and times. */
import type { NumberArray } from '../batch/batch.ts'
import { int64Numbers } from '../batch/column-value.ts'
import '../batch/endianness.ts'
import { bitAt } from '../batch/growing.ts'
import { VALUE, type ValueEncoder } from './value-encoder.ts'

const SIGN = 0x8000_0000 | 0
/** The high half of an infinity, and of the one NaN that all are written as. */
const INFINITY_HIGH = 0x7ff0_0000
const NAN_HIGH = 0x7ff8_0000

const double = new Float64Array(1)
const doubleHalves = new Int32Array(double.buffer)

function writeHalves(high: number, low: number, out: Uint8Array, at: number): number {
  out[at] = high >>> 24
  out[at + 1] = high >>> 16
  out[at + 2] = high >>> 8
  out[at + 3] = high
  out[at + 4] = low >>> 24
  out[at + 5] = low >>> 16
  out[at + 6] = low >>> 8
  out[at + 7] = low
  return at + 8
}

/** A float64 by its halves: magnitudes order as integers do, and those of negative numbers the other way round. */
function writeDouble(high: number, low: number, out: Uint8Array, at: number): number {
  const magnitude = high & ~SIGN
  if (magnitude > INFINITY_HIGH || (magnitude === INFINITY_HIGH && low !== 0)) {
    return writeHalves(NAN_HIGH | SIGN, 0, out, at)
  }
  if (high >= 0) return writeHalves(high | SIGN, low, out, at)
  return magnitude === 0 && low === 0 ? writeHalves(SIGN, 0, out, at) : writeHalves(~high, ~low, out, at)
}

/** Numbers of any width, as float64. */
export class DoubleEncoder implements ValueEncoder {
  readonly fixedBytes = 8
  readonly #values: NumberArray
  /** Of float64: low, high, low, high … */
  readonly #halves: Int32Array | null

  constructor(values: NumberArray) {
    this.#values = values
    this.#halves =
      values instanceof Float64Array
        ? new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
        : null
  }

  size(): number {
    return 8
  }

  write(row: number, out: Uint8Array, at: number): number {
    const halves = this.#halves
    if (halves !== null) return writeDouble(halves[2 * row + 1]!, halves[2 * row]!, out, at)
    double[0] = this.#values[row]!
    return writeDouble(doubleHalves[1]!, doubleHalves[0]!, out, at)
  }

  writeAll(out: Uint8Array, ends: Int32Array): void {
    for (let row = 0; row < ends.length - 1; row++) {
      const at = ends[row + 1]!
      out[at] = VALUE
      ends[row + 1] = this.write(row, out, at + 1)
    }
  }
}

/** 64-bit integers that are numbers in JavaScript: as the same numbers in any other column. */
export class SafeIntegerEncoder implements ValueEncoder {
  readonly fixedBytes = 8
  readonly #number: (row: number) => number

  constructor(values: BigInt64Array, name: string) {
    this.#number = int64Numbers(values, { column: name })
  }

  size(): number {
    return 8
  }

  write(row: number, out: Uint8Array, at: number): number {
    double[0] = this.#number(row)
    return writeDouble(doubleHalves[1]!, doubleHalves[0]!, out, at)
  }
}

/** Bigints and times. */
export class Int64Encoder implements ValueEncoder {
  readonly fixedBytes = 8
  readonly #halves: Int32Array

  constructor(values: BigInt64Array) {
    this.#halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
  }

  size(): number {
    return 8
  }

  write(row: number, out: Uint8Array, at: number): number {
    return writeHalves(this.#halves[2 * row + 1]! ^ SIGN, this.#halves[2 * row]!, out, at)
  }
}

export class BooleanEncoder implements ValueEncoder {
  readonly fixedBytes = 1
  readonly #bits: Uint8Array

  constructor(bits: Uint8Array) {
    this.#bits = bits
  }

  size(): number {
    return 1
  }

  write(row: number, out: Uint8Array, at: number): number {
    out[at] = bitAt(this.#bits, row) ? 1 : 0
    return at + 1
  }
}
