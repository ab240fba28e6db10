/** Counts rows, or the values of a column that are not null. */
import type { Column, Int64Column } from '../batch/batch.ts'
import { isValid, resized, type ValueAccumulator } from './accumulator.ts'
import { COUNT_TYPE } from './one-column.ts'

const BYTES = 8

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
    const { values } = counts as Int64Column
    for (let row = from; row < to; row++) this.#counts[groups[row]!]! += Number(values[row])
  }

  countOf(group: number): number {
    return this.#counts[group]!
  }

  states(groups: Int32Array): readonly Column[] {
    return [this.result(groups)]
  }

  result(groups: Int32Array): Column {
    const values = new BigInt64Array(groups.length)
    for (let i = 0; i < groups.length; i++) values[i] = BigInt(this.#counts[groups[i]!]!)
    return { type: COUNT_TYPE, length: groups.length, nullCount: 0, validity: null, values }
  }
}
