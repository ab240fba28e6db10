/** Appenders of numbers. */
import type { Column, NumberArray } from './batch.ts'
import type { ColumnType, NumberWidth } from './column-type.ts'
import { grown, NullMask } from './growing.ts'
import { numberArray } from './number-array.ts'
import type { ColumnPlace, ValueAppender } from './value-appender.ts'

const FLOAT64 = { kind: 'number', width: 'float64' } as const

/** The type of nearly every number: any JavaScript number is a float64. */
export class Float64Appender implements ValueAppender {
  readonly type = FLOAT64
  length = 0
  readonly #place: ColumnPlace
  readonly #nulls = new NullMask()
  #values = new Float64Array(16)

  constructor(place: ColumnPlace) {
    this.#place = place.typed()
  }

  append(value: unknown): ValueAppender {
    const row = this.length++
    if (row === this.#values.length) this.#values = grown(this.#values, row + 1)
    if (typeof value === 'number') this.#values[row] = value
    else {
      if (value !== null && value !== undefined) this.#place.mismatch(this.type, value)
      this.#values[row] = 0
      this.#nulls.add(row)
    }
    this.#place.builder.bytes += 8
    return this
  }

  appendNulls(rows: number): void {
    this.#values = grown(this.#values, this.length + rows)
    this.#values.fill(0, this.length, this.length + rows)
    this.#nulls.addRange(this.length, rows)
    this.length += rows
    this.#place.builder.bytes += 8 * rows
  }

  take(): Column {
    const length = this.length
    this.length = 0
    const values = this.#values.slice(0, length)
    return { type: FLOAT64, length, ...this.#nulls.take(length), values }
  }
}

/** Least and greatest value of each integer width. */
const RANGES: Readonly<Record<Exclude<NumberWidth, 'float32' | 'float64'>, readonly [number, number]>> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint8: [0, 0xff],
  uint16: [0, 0xffff],
  uint32: [0, 0xffff_ffff],
}

/** Numbers of a declared width: integers must fit, float32 rounds. */
export class NumberAppender implements ValueAppender {
  readonly type: ColumnType & { readonly kind: 'number' }
  length = 0
  readonly #place: ColumnPlace
  readonly #nulls = new NullMask()
  readonly #range: readonly [number, number] | null
  #values: NumberArray

  constructor(place: ColumnPlace, width: NumberWidth) {
    this.#place = place.typed()
    this.type = { kind: 'number', width }
    this.#range = width === 'float32' || width === 'float64' ? null : RANGES[width]
    this.#values = numberArray(width, 16)
  }

  append(value: unknown): ValueAppender {
    if (value === null || value === undefined) {
      this.appendNulls(1)
      return this
    }
    if (typeof value !== 'number') this.#place.mismatch(this.type, value)
    if (
      this.#range !== null &&
      !(Number.isInteger(value) && value >= this.#range[0] && value <= this.#range[1])
    ) {
      this.#place.mismatch(this.type, value, 'a number that does not fit')
    }
    const row = this.length++
    if (row === this.#values.length) this.#values = grown(this.#values, row + 1)
    this.#values[row] = value
    this.#place.builder.bytes += this.#values.BYTES_PER_ELEMENT
    return this
  }

  /** The values of a whole typed array of this width. */
  appendArray(values: NumberArray): void {
    this.#values = grown(this.#values, this.length + values.length)
    this.#values.set(values, this.length)
    this.length += values.length
    this.#place.builder.bytes += values.byteLength
  }

  appendNulls(rows: number): void {
    this.#values = grown(this.#values, this.length + rows)
    this.#values.fill(0, this.length, this.length + rows)
    this.#nulls.addRange(this.length, rows)
    this.length += rows
    this.#place.builder.bytes += rows * this.#values.BYTES_PER_ELEMENT
  }

  take(): Column {
    const length = this.length
    this.length = 0
    return { type: this.type, length, ...this.#nulls.take(length), values: this.#values.slice(0, length) }
  }
}
