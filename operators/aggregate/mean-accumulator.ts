/** The mean of a column, as float64. */
import type { Column } from '../batch/batch.ts'
import { columnReader } from '../batch/column-value.ts'
import { typeText } from '../batch/schema.ts'
import { kindText } from '../batch/value-kind.ts'
import { resized, type ValueAccumulator } from './accumulator.ts'
import { type ColumnAggregation, cannotTake } from './column-aggregation.ts'
import { CountAccumulator } from './count-accumulator.ts'
import { gather, type Values } from './gather.ts'
import { FLOAT64 } from './one-column.ts'

const SUM_BYTES = 8

export class MeanAccumulator implements ValueAccumulator, Values {
  readonly suffixes = ['#sum', '#count']
  readonly #of: ColumnAggregation
  readonly #count = new CountAccumulator()
  #sums = new Float64Array(0)
  #integers: boolean | null = null

  constructor(of: ColumnAggregation) {
    this.#of = of
  }

  resize(groups: number): void {
    this.#sums = resized(this.#sums, groups)
    this.#count.resize(groups)
  }

  clear(): void {
    this.#sums.fill(0)
    this.#count.clear()
  }

  sizeBytes(groups: number): number {
    return groups * SUM_BYTES + this.#count.sizeBytes(groups)
  }

  add(group: number, value: unknown): void {
    if (value === null || value === undefined) return
    const integer = typeof value === 'bigint'
    if (typeof value !== 'number' && !integer) throw cannotTake(this.#of, kindText(value))
    if (this.#integers !== integer) this.#meet(integer)
    this.#sums[group]! += Number(value)
    this.#count.addRow(group)
  }

  #meet(integer: boolean): void {
    if (this.#integers !== null)
      throw cannotTake(this.#of, 'float64 in some records and int64 as bigint in others')
    this.#integers = integer
  }

  addColumn(column: Column, groups: Int32Array, from: number, to: number): void {
    const { type } = column
    if (type.kind === 'null') return
    if (type.kind !== 'number' && type.kind !== 'int64') throw cannotTake(this.#of, typeText(type))
    const read = columnReader(column, { column: this.#of.column })
    for (let row = from; row < to; row++) this.add(groups[row]!, read(row))
  }

  merge([sums, counts]: readonly Column[], groups: Int32Array, from: number, to: number): void {
    const read = columnReader(sums!, { column: this.#of.column })
    for (let row = from; row < to; row++) this.#sums[groups[row]!]! += Number(read(row))
    this.#count.merge([counts!], groups, from, to)
  }

  states(groups: Int32Array): readonly Column[] {
    const values = Float64Array.from(groups, group => this.#sums[group]!)
    const sums: Column = { type: FLOAT64, length: groups.length, nullCount: 0, validity: null, values }
    return [sums, this.#count.result(groups)]
  }

  result(groups: Int32Array): Column {
    return gather(FLOAT64, this, groups)
  }

  isNull(group: number): boolean {
    return this.#count.countOf(group) === 0
  }
  numberOf(group: number): number {
    return this.#sums[group]! / this.#count.countOf(group)
  }
}
