/** The smallest or the greatest value of a column. */
import type { Column } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import { nullColumn } from '../batch/cast.ts'
import type { ColumnType } from '../batch/column-type.ts'
import { columnReader } from '../batch/column-value.ts'
import { typeText } from '../batch/schema.ts'
import { kindOf, kindText, type ValueKind } from '../batch/value-kind.ts'
import { isValid, resized, type ValueAccumulator } from './accumulator.ts'
import { type ColumnAggregation, cannotTake } from './column-aggregation.ts'
import { compareNumbers, compareStrings, compareValues } from './compare-values.ts'
import { gather, type Values } from './gather.ts'
import { FLOAT64, NULL_TYPE, refuseValue, unifiedType, valueColumn } from './one-column.ts'

/** A number, or a reference to a value. */
const BYTES = 9
const VALUE_BYTES = 16
/** Strings up to here are copies anyway; longer ones may be slices that keep a whole batch of text alive. */
const SLICED_CHARS = 12

const TYPES: Partial<Record<ValueKind, ColumnType>> = {
  number: FLOAT64,
  bigint: { kind: 'int64', as: 'bigint' },
  boolean: { kind: 'boolean' },
  date: { kind: 'timestamp' },
  string: { kind: 'utf8' },
}

export class ExtremeAccumulator implements ValueAccumulator, Values {
  readonly suffixes: readonly string[]
  readonly #of: ColumnAggregation
  /** 1 for max, −1 for min: what `compare` must be above for a value to take the place of another. */
  readonly #sign: 1 | -1
  #type: ColumnType = NULL_TYPE
  #kind: ValueKind | undefined
  /** Numbers, booleans and dates. */
  #numbers = new Float64Array(0)
  #has = new Uint8Array(0)
  /** Strings and bigints. */
  #values: (string | bigint)[] = []
  #textBytes = 0

  constructor(of: ColumnAggregation) {
    this.#of = of
    this.#sign = of.op === 'max' ? 1 : -1
    this.suffixes = [`#${of.op}`]
  }

  resize(groups: number): void {
    this.#numbers = resized(this.#numbers, groups)
    this.#has = resized(this.#has, groups)
  }

  clear(): void {
    this.#has.fill(0)
    this.#values = []
    this.#textBytes = 0
  }

  sizeBytes(groups: number): number {
    return groups * BYTES + this.#values.length * VALUE_BYTES + this.#textBytes
  }

  add(group: number, value: unknown): void {
    if (value === null || value === undefined) return
    const kind = kindOf(value)
    if (kind !== this.#kind) this.#meetKind(kind, value)
    if (typeof value === 'string' || typeof value === 'bigint') this.#addValue(group, value)
    else this.#addNumber(group, Number(value))
  }

  #meetKind(kind: ValueKind | undefined, value: unknown): void {
    if (kind === undefined) refuseValue(this.#of.operator, this.#of.column, value)
    const type = TYPES[kind]
    if (type === undefined) throw cannotTake(this.#of, kindText(value))
    this.#meet(type)
    this.#kind = kind
  }

  #meet(type: ColumnType): void {
    const before = this.#type
    this.#type = unifiedType(this.#of.operator, this.#of.column, before, type)
  }

  #addNumber(group: number, value: number): void {
    if (this.#has[group] === 1 && compareNumbers(value, this.#numbers[group]!) * this.#sign <= 0) return
    if (Number.isNaN(value) && this.#kind === 'date')
      refuseValue(this.#of.operator, this.#of.column, new Date(value))
    this.#numbers[group] = value
    this.#has[group] = 1
  }

  #addValue(group: number, value: string | bigint): void {
    if (this.#has[group] === 1) {
      const held = this.#values[group]!
      const order =
        typeof value === 'string' ? compareStrings(value, held as string) : compareValues(value, held)
      if (order * this.#sign <= 0) return
      if (typeof held === 'string') this.#textBytes -= held.length
    }
    if (typeof value === 'string') {
      if (!value.isWellFormed()) refuseValue(this.#of.operator, this.#of.column, value)
      this.#textBytes += value.length
    } else if (BigInt.asIntN(64, value) !== value) refuseValue(this.#of.operator, this.#of.column, value)
    while (this.#values.length < group) this.#values.push(0n)
    this.#values[group] = typeof value === 'string' && value.length > SLICED_CHARS ? copied(value) : value
    this.#has[group] = 1
  }

  addColumn(column: Column, groups: Int32Array, from: number, to: number): void {
    const { type } = column
    if (type.kind === 'null') return
    if (
      type.kind !== 'number' &&
      type.kind !== 'int64' &&
      !Object.values(TYPES).some(t => t.kind === type.kind)
    ) {
      throw cannotTake(this.#of, typeText(type))
    }
    this.#meet(type)
    this.#kind = KIND_OF[type.kind === 'int64' ? type.as : type.kind]
    if (type.kind === 'number') {
      const { values } = column as Extract<Column, { type: { kind: 'number' } }>
      for (let row = from; row < to; row++)
        if (isValid(column, row)) this.#addNumber(groups[row]!, values[row]!)
      return
    }
    const read = columnReader(column, { column: this.#of.column })
    for (let row = from; row < to; row++) this.add(groups[row]!, read(row))
  }

  merge([values]: readonly Column[], groups: Int32Array, from: number, to: number): void {
    this.addColumn(values!, groups, from, to)
  }

  states(groups: Int32Array): readonly Column[] {
    return [this.result(groups)]
  }

  result(groups: Int32Array): Column {
    const type = this.#type
    if (type.kind === 'null') return nullColumn(type, groups.length)
    if (type.kind !== 'utf8') return gather(type, this, groups)
    const schema = { shape: 'object', fields: [{ name: this.#of.column, type }] } as const
    const builder = new BatchBuilder({ operator: this.#of.operator, schema })
    return valueColumn(
      builder,
      this.#of.column,
      Array.from(groups, group => (this.isNull(group) ? null : this.#values[group])),
    )
  }

  isNull(group: number): boolean {
    return this.#has[group] === 0
  }
  numberOf(group: number): number {
    return this.isNull(group) ? 0 : this.#numbers[group]!
  }
  int64Of(group: number): bigint {
    if (this.isNull(group)) return 0n
    return this.#type.kind === 'int64' && this.#type.as === 'bigint'
      ? (this.#values[group] as bigint)
      : BigInt(this.#numbers[group]!)
  }
}

const KIND_OF: Readonly<Record<string, ValueKind>> = {
  number: 'number',
  bigint: 'bigint',
  boolean: 'boolean',
  timestamp: 'date',
  utf8: 'string',
}

const copied = (text: string): string => Buffer.from(text).toString()
