/** Sums a column: float64 in order, int64 exactly. */
import type { Column, Int64Column, NumberColumn } from '../batch/batch.ts'
import { nullColumn } from '../batch/cast.ts'
import type { ColumnType } from '../batch/column-type.ts'
import { typeText } from '../batch/schema.ts'
import { kindText } from '../batch/value-kind.ts'
import { DunlinError } from '../errors.ts'
import { isValid, resized, type ValueAccumulator } from './accumulator.ts'
import { type ColumnAggregation, cannotTake } from './column-aggregation.ts'
import { gather, type Values } from './gather.ts'
import { Int64Sums } from './int64-words.ts'
import { FLOAT64, NULL_TYPE, refuseValue, unifiedType } from './one-column.ts'

/** A float64, a flag, and where the sum is of integers two words more. */
const BYTES = 25
const BIGINT: ColumnType = { kind: 'int64', as: 'bigint' }

export class SumAccumulator implements ValueAccumulator, Values {
  readonly suffixes = ['#sum']
  readonly #of: ColumnAggregation
  #type: ColumnType = NULL_TYPE
  #floats = new Float64Array(0)
  #integers: Int64Sums | null = null
  /** 1 where a group has a value. */
  #has = new Uint8Array(0)

  constructor(of: ColumnAggregation) {
    this.#of = of
  }

  resize(groups: number): void {
    this.#floats = resized(this.#floats, groups)
    this.#has = resized(this.#has, groups)
    this.#integers?.resize(groups)
  }

  clear(): void {
    this.#floats.fill(0)
    this.#has.fill(0)
    this.#integers?.clear()
  }

  sizeBytes(groups: number): number {
    return groups * BYTES
  }

  add(group: number, value: unknown): void {
    if (typeof value === 'number') {
      if (this.#type !== FLOAT64) this.#meet(FLOAT64)
      this.#floats[group]! += value
    } else if (typeof value === 'bigint') {
      if (this.#type !== BIGINT) this.#meet(BIGINT)
      if (BigInt.asIntN(64, value) !== value) refuseValue(this.#of.operator, this.#of.column, value)
      this.#integers!.add(group, value)
    } else {
      if (value === null || value === undefined) return
      throw cannotTake(this.#of, kindText(value))
    }
    this.#has[group] = 1
  }

  addColumn(column: Column, groups: Int32Array, from: number, to: number): void {
    const { type } = column
    if (type.kind === 'null') return
    if (type.kind !== 'number' && type.kind !== 'int64') throw cannotTake(this.#of, typeText(type))
    this.#meet(type.kind === 'number' ? FLOAT64 : type)
    const { values } = column as NumberColumn | Int64Column
    if (values instanceof BigInt64Array) {
      this.#addIntegers(column, values, groups, from, to)
      return
    }
    for (let row = from; row < to; row++) {
      if (!isValid(column, row)) continue
      const group = groups[row]!
      this.#floats[group]! += values[row]!
      this.#has[group] = 1
    }
  }

  #addIntegers(column: Column, values: BigInt64Array, groups: Int32Array, from: number, to: number): void {
    const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
    for (let row = from; row < to; row++) {
      if (!isValid(column, row)) continue
      const group = groups[row]!
      // Integers read as numbers that meet float64 are numbers from there on.
      if (this.#integers === null) this.#floats[group]! += Number(values[row])
      else this.#integers.addWords(group, words[2 * row]!, words[2 * row + 1]!)
      this.#has[group] = 1
    }
  }

  #meet(type: ColumnType): void {
    const before = this.#type
    if (before === type) return
    this.#type = unifiedType(this.#of.operator, this.#of.column, before, type)
    if (this.#type.kind === 'number') this.#type = FLOAT64
    if (this.#type.kind === 'int64' && this.#integers === null) {
      if (this.#type.as === 'bigint') this.#type = BIGINT
      this.#integers = new Int64Sums()
      this.#integers.resize(this.#has.length)
    } else if (this.#type === FLOAT64 && this.#integers !== null) {
      for (let group = 0; group < this.#has.length; group++)
        this.#floats[group]! = this.#integers.numberOf(group)
      this.#integers = null
    }
  }

  merge([sums]: readonly Column[], groups: Int32Array, from: number, to: number): void {
    this.addColumn(sums!, groups, from, to)
  }

  /** A sum beyond 64 bits may come back: only as a result it is an error. */
  fits(groups: number): boolean {
    const sums = this.#integers
    for (let group = 0; sums !== null && group < groups; group++) if (!sums.fits(group)) return false
    return true
  }

  states(groups: Int32Array): readonly Column[] {
    return [this.result(groups)]
  }

  result(groups: Int32Array): Column {
    return this.#type.kind === 'null'
      ? nullColumn(this.#type, groups.length)
      : gather(this.#type, this, groups)
  }

  isNull(group: number): boolean {
    return this.#has[group] === 0
  }
  numberOf(group: number): number {
    return this.#floats[group]!
  }
  int64Of(group: number): bigint {
    if (this.#integers!.fits(group)) return this.#integers!.sumOf(group)
    throw new DunlinError('TOO_LARGE', `sum("${this.#of.column}") is beyond 64 bits`, {
      hint: 'Sum numbers instead of integers (Number(…) before), or in smaller groups.',
      place: { operator: this.#of.operator },
    })
  }
}
