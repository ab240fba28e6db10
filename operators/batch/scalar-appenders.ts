/** Appenders of booleans, 64-bit integers and times. */
import type { Column } from './batch.ts'
import type { ColumnType } from './column-type.ts'
import { GrowingBits, grown, NullMask } from './growing.ts'
import type { ColumnPlace, ValueAppender } from './value-appender.ts'

const BOOLEAN = { kind: 'boolean' } as const
const TIMESTAMP = { kind: 'timestamp' } as const

export class BooleanAppender implements ValueAppender {
  readonly type = BOOLEAN
  length = 0
  readonly #place: ColumnPlace
  readonly #bits = new GrowingBits()
  readonly #nulls = new NullMask()

  constructor(place: ColumnPlace) {
    this.#place = place.typed()
  }

  append(value: unknown): ValueAppender {
    if (value === true) this.#bits.set(this.length)
    else if (value !== false) {
      if (value !== null && value !== undefined) this.#place.mismatch(this.type, value)
      this.#nulls.add(this.length)
    }
    this.length++
    this.#place.builder.bytes += 1
    return this
  }

  appendNulls(rows: number): void {
    this.#nulls.addRange(this.length, rows)
    this.length += rows
    this.#place.builder.bytes += rows
  }

  take(): Column {
    const length = this.length
    this.length = 0
    return { type: BOOLEAN, length, ...this.#nulls.take(length), bits: this.#bits.take(length) }
  }
}

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** int64 columns: bigints, or (declared only) whole numbers. */
export class Int64Appender implements ValueAppender {
  readonly type: ColumnType & { readonly kind: 'int64' }
  length = 0
  readonly #place: ColumnPlace
  readonly #nulls = new NullMask()
  #values = new BigInt64Array(16)

  constructor(place: ColumnPlace, as: 'number' | 'bigint') {
    this.#place = place.typed()
    this.type = { kind: 'int64', as }
  }

  append(value: unknown): ValueAppender {
    const row = this.length++
    if (row === this.#values.length) this.#values = grown(this.#values, row + 1)
    if (value === null || value === undefined) {
      this.#values[row] = 0n
      this.#nulls.add(row)
    } else this.#values[row] = this.type.as === 'bigint' ? this.#checkBigint(value) : this.#checkNumber(value)
    this.#place.builder.bytes += 8
    return this
  }

  appendArray(values: BigInt64Array): void {
    this.#values = grown(this.#values, this.length + values.length)
    this.#values.set(values, this.length)
    this.length += values.length
    this.#place.builder.bytes += values.byteLength
  }

  #checkBigint(value: unknown): bigint {
    if (typeof value !== 'bigint') this.#place.mismatch(this.type, value)
    if (value < INT64_MIN || value > INT64_MAX) {
      throw this.#place.error(
        'TOO_LARGE',
        `column "${this.#place.path}" was given a bigint outside of 64 bits: ${value}`,
        {
          hint: 'Keep such numbers as text: String(value).',
        },
      )
    }
    return value
  }

  #checkNumber(value: unknown): bigint {
    if (typeof value !== 'number') this.#place.mismatch(this.type, value)
    if (!Number.isSafeInteger(value))
      this.#place.mismatch(this.type, value, 'a number that is not a safe integer')
    return BigInt(value)
  }

  appendNulls(rows: number): void {
    this.#values = grown(this.#values, this.length + rows)
    this.#values.fill(0n, this.length, this.length + rows)
    this.#nulls.addRange(this.length, rows)
    this.length += rows
    this.#place.builder.bytes += 8 * rows
  }

  take(): Column {
    const length = this.length
    this.length = 0
    return { type: this.type, length, ...this.#nulls.take(length), values: this.#values.slice(0, length) }
  }
}

export class TimestampAppender implements ValueAppender {
  readonly type = TIMESTAMP
  length = 0
  readonly #place: ColumnPlace
  readonly #nulls = new NullMask()
  #values = new BigInt64Array(16)

  constructor(place: ColumnPlace) {
    this.#place = place.typed()
  }

  append(value: unknown): ValueAppender {
    const row = this.length++
    if (row === this.#values.length) this.#values = grown(this.#values, row + 1)
    if (value instanceof Date) this.#values[row] = BigInt(this.#check(value))
    else {
      if (value !== null && value !== undefined) this.#place.mismatch(this.type, value)
      this.#values[row] = 0n
      this.#nulls.add(row)
    }
    this.#place.builder.bytes += 8
    return this
  }

  #check(date: Date): number {
    const ms = date.getTime()
    if (Number.isNaN(ms)) {
      throw this.#place.error('TYPE_MISMATCH', `column "${this.#place.path}" was given an invalid Date`, {
        hint: 'Return null where there is no date.',
      })
    }
    return ms
  }

  appendNulls(rows: number): void {
    this.#values = grown(this.#values, this.length + rows)
    this.#values.fill(0n, this.length, this.length + rows)
    this.#nulls.addRange(this.length, rows)
    this.length += rows
    this.#place.builder.bytes += 8 * rows
  }

  take(): Column {
    const length = this.length
    this.length = 0
    return {
      type: TIMESTAMP,
      length,
      ...this.#nulls.take(length),
      values: this.#values.slice(0, length),
    }
  }
}
