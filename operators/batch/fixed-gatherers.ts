/** Gatherers of columns whose rows all take the same room. */
import type {
  BooleanColumn,
  Column,
  FixedBinaryColumn,
  Int64Column,
  NumberArray,
  NumberColumn,
} from './batch.ts'
import { type ColumnGatherer, RowNulls } from './column-gatherer.ts'
import type { ColumnType } from './column-type.ts'
import { bitAt, GrowingBits, grownUnset, NO_BYTES, unset } from './growing.ts'

export class NullGatherer implements ColumnGatherer {
  readonly sizeBytes = 0
  readonly #type: ColumnType & { readonly kind: 'null' }
  #length = 0

  constructor(type: ColumnType & { readonly kind: 'null' }) {
    this.#type = type
  }

  append(_column: Column, _rows: Int32Array, from: number, to: number): void {
    this.#length += to - from
  }

  appendRange(_column: Column, start: number, end: number): void {
    this.#length += end - start
  }

  take(): Column {
    const length = this.#length
    this.#length = 0
    return { type: this.#type, length, nullCount: length, validity: null }
  }
}

export class BooleanGatherer implements ColumnGatherer {
  readonly #type: BooleanColumn['type']
  readonly #nulls = new RowNulls()
  readonly #bits = new GrowingBits()

  constructor(type: BooleanColumn['type']) {
    this.#type = type
  }

  get sizeBytes(): number {
    return (this.#nulls.length + 7) >> 3
  }

  append(column: Column, rows: Int32Array, from: number, to: number): void {
    const { bits } = column as BooleanColumn
    const at = this.#nulls.length - from
    for (let i = from; i < to; i++) if (bitAt(bits, rows[i]!)) this.#bits.set(at + i)
    this.#nulls.append(column, rows, from, to)
  }

  appendRange(column: Column, start: number, end: number): void {
    const { bits } = column as BooleanColumn
    const at = this.#nulls.length - start
    for (let row = start; row < end; row++) if (bitAt(bits, row)) this.#bits.set(at + row)
    this.#nulls.appendRange(column, start, end)
  }

  take(): Column {
    const nulls = this.#nulls.take()
    return { type: this.#type, ...nulls, bits: this.#bits.take(nulls.length) }
  }
}

/** Numbers, 64-bit integers and times: one array element a row. */
export class FixedGatherer implements ColumnGatherer {
  readonly #type: NumberColumn['type'] | Int64Column['type']
  readonly #nulls = new RowNulls()
  readonly #empty: NumberArray | BigInt64Array
  #values: NumberArray | BigInt64Array

  constructor(type: NumberColumn['type'] | Int64Column['type'], empty: NumberArray | BigInt64Array) {
    this.#type = type
    this.#empty = empty
    this.#values = empty
  }

  get sizeBytes(): number {
    return this.#nulls.length * this.#values.BYTES_PER_ELEMENT
  }

  reserveLike({ length }: Column): void {
    if (this.#values.length === 0) this.#values = unset(this.#empty, length)
  }

  append(column: Column, rows: Int32Array, from: number, to: number): void {
    const length = this.#nulls.length
    this.#values = grownUnset(this.#values, length + to - from)
    // Both are of the column's type; which one does not matter to the loop.
    copyRows((column as NumberColumn).values, this.#values as NumberArray, length - from, rows, from, to)
    this.#nulls.append(column, rows, from, to)
  }

  appendRange(column: Column, start: number, end: number): void {
    const length = this.#nulls.length
    this.#values = grownUnset(this.#values, length + end - start)
    this.#values.set((column as NumberColumn).values.subarray(start, end) as never, length)
    this.#nulls.appendRange(column, start, end)
  }

  take(): Column {
    const nulls = this.#nulls.take()
    const values = this.#values.subarray(0, nulls.length)
    this.#values = this.#empty
    return { type: this.#type, ...nulls, values } as Column
  }
}

function copyRows(
  source: NumberArray,
  target: NumberArray,
  at: number,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  if (source instanceof Float64Array && target instanceof Float64Array) {
    // Apart, because this loop then knows its arrays: nearly every number column comes here.
    for (let i = from; i < to; i++) target[at + i] = source[rows[i]!]!
  } else for (let i = from; i < to; i++) target[at + i] = source[rows[i]!]!
}

/** Copies of more bytes, where they cannot be made word by word, are left to the runtime. */
const SHORT_COPY = 32

/** The bytes as 32-bit words, if values consist of whole ones; not as 64-bit numbers, which may not keep every NaN. */
function wordsOf(bytes: Uint8Array, byteLength: number): Int32Array | null {
  if (byteLength % 4 !== 0 || bytes.byteOffset % 4 !== 0) return null
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
}

/** Element by element, which beats a call a row up to some tens of them. One loop an array type, so that each knows its own. */
function copyWords(
  source: Int32Array,
  target: Int32Array,
  at: number,
  size: number,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    let word = rows[i]! * size
    for (const end = at + size; at < end; ) target[at++] = source[word++]!
  }
}

function copyShort(
  source: Uint8Array,
  target: Uint8Array,
  at: number,
  size: number,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    let byte = rows[i]! * size
    for (const end = at + size; at < end; ) target[at++] = source[byte++]!
  }
}

function copyLong(
  source: Uint8Array,
  target: Uint8Array,
  at: number,
  size: number,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++, at += size) {
    target.set(source.subarray(rows[i]! * size, (rows[i]! + 1) * size), at)
  }
}

export class FixedBinaryGatherer implements ColumnGatherer {
  readonly #type: FixedBinaryColumn['type']
  readonly #nulls = new RowNulls()
  #bytes: Uint8Array = NO_BYTES

  constructor(type: FixedBinaryColumn['type']) {
    this.#type = type
  }

  get sizeBytes(): number {
    return this.#nulls.length * this.#type.byteLength
  }

  reserveLike({ length }: Column): void {
    if (this.#bytes.length === 0) this.#bytes = unset(NO_BYTES, length * this.#type.byteLength)
  }

  append(column: Column, rows: Int32Array, from: number, to: number): void {
    const { byteLength } = this.#type
    const source = (column as FixedBinaryColumn).bytes
    const target = this.#nulls.length * byteLength
    this.#bytes = grownUnset(this.#bytes, target + (to - from) * byteLength)
    const words = wordsOf(source, byteLength)
    const targetWords = wordsOf(this.#bytes, byteLength)
    if (words !== null && targetWords !== null) {
      copyWords(words, targetWords, target >> 2, byteLength >> 2, rows, from, to)
    } else if (byteLength <= SHORT_COPY) {
      copyShort(source, this.#bytes, target, byteLength, rows, from, to)
    } else copyLong(source, this.#bytes, target, byteLength, rows, from, to)
    this.#nulls.append(column, rows, from, to)
  }

  appendRange(column: Column, start: number, end: number): void {
    const { byteLength } = this.#type
    const target = this.#nulls.length * byteLength
    this.#bytes = grownUnset(this.#bytes, target + (end - start) * byteLength)
    this.#bytes.set(
      (column as FixedBinaryColumn).bytes.subarray(start * byteLength, end * byteLength),
      target,
    )
    this.#nulls.appendRange(column, start, end)
  }

  take(): Column {
    const nulls = this.#nulls.take()
    const bytes = this.#bytes.subarray(0, nulls.length * this.#type.byteLength)
    this.#bytes = NO_BYTES
    return { type: this.#type, ...nulls, bytes }
  }
}
