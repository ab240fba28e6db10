/** Counts rows, or the values of a column that are not null. */
import type { Column, Int64Column } from '../batch/batch.ts'
import '../batch/endianness.ts'
import { isValid, resized, type ValueAccumulator } from './accumulator.ts'
import { COUNT_TYPE } from './one-column.ts'

const BYTES = 8
const TWO_32 = 0x1_0000_0000

export class CountAccumulator implements ValueAccumulator {
  readonly suffixes = ['#count']
  #counts = new Float64Array(0)

  resize(groups: number): void {
    this.#counts = resized(this.#counts, groups)
  }

  clear(): void {
    this.#counts.fill(0)
  }

  sizeBytes(groups: number): number {
    return groups * BYTES
  }

  addRow(group: number): void {
    this.#counts[group]!++
  }

  add(group: number, value: unknown): void {
    if (value !== null && value !== undefined) this.#counts[group]!++
  }

  addRows(groups: Int32Array, from: number, to: number): void {
    const counts = this.#counts
    for (let row = from; row < to; row++) counts[groups[row]!]!++
  }

  addColumn(column: Column, groups: Int32Array, from: number, to: number): void {
    if (column.type.kind === 'null') return
    if (column.nullCount === 0) {
      this.addRows(groups, from, to)
      return
    }
    for (let row = from; row < to; row++) if (isValid(column, row)) this.#counts[groups[row]!]!++
  }

  merge([counts]: readonly Column[], groups: Int32Array, from: number, to: number): void {
    const words = wordsOf((counts as Int64Column).values)
    for (let row = from; row < to; row++)
      this.#counts[groups[row]!]! += words[2 * row + 1]! * TWO_32 + (words[2 * row]! >>> 0)
  }

  countOf(group: number): number {
    return this.#counts[group]!
  }

  states(groups: Int32Array): readonly Column[] {
    return [this.result(groups)]
  }

  result(groups: Int32Array): Column {
    const values = new BigInt64Array(groups.length)
    const words = wordsOf(values)
    for (let i = 0; i < groups.length; i++) {
      const count = this.#counts[groups[i]!]!
      words[2 * i] = count
      words[2 * i + 1] = Math.floor(count / TWO_32)
    }
    return { type: COUNT_TYPE, length: groups.length, nullCount: 0, validity: null, values }
  }
}

/** The halves of 64-bit integers, least significant first: no bigint is made of each. */
const wordsOf = (values: BigInt64Array): Int32Array =>
  new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
