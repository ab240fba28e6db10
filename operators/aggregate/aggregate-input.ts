/** Rows on their way into groups: records one by one, or batches column by column, with equal results. */
import type { Batch } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import { columnNamed, columnNames } from '../batch/column-named.ts'
import type { RecordShape, Schema } from '../batch/column-type.ts'
import { recordsOf } from '../batch/records.ts'
import { unifySchemas } from '../batch/schema.ts'
import { unknownColumn } from '../batch/unknown-column.ts'
import { kindOf } from '../batch/value-kind.ts'
import type { AggregatePlan } from './aggregate-plan.ts'
import type { Groups } from './groups.ts'
import { type AdderHost, type BuiltShape, recordAdder } from './record-adder.ts'
import { SkippingKeys } from './skipping-keys.ts'

/**
 * After each so many rows the size is looked at: counted from the first row of the task, so that where batches end
 * makes no difference. Few, as values may be long: what they take between two looks is not bounded.
 */
const CHECK_ROWS = 256
/** Records whose fields are collected for the message about a column that none of them has. */
const SAMPLED_RECORDS = 100

export class AggregateInput implements AdderHost {
  readonly #plan: AggregatePlan
  readonly #groups: Groups
  readonly #budgetBytes: number
  /** Columns that keys and aggregations read. */
  readonly #columns: readonly string[]
  /** Rows that did not have the column, by column. */
  readonly #absent: number[]
  /** Where bad records are skipped and key functions may fail. */
  readonly #skipping: SkippingKeys | null
  readonly #namesSeen = new Set<string>()
  #schema: Schema | null = null
  #shape: RecordShape | null = null
  #firstRecord: unknown
  #rows = 0
  #scratch = new Int32Array(0)
  /** The groups were over the budget when they were last looked at. */
  full = false
  /** Adds a record. A property, not a method: it is replaced once the records' shape is known. */
  add: (record: unknown) => void = record => this.#first(record)

  constructor(groups: Groups, budgetBytes: number) {
    this.#groups = groups
    this.#plan = groups.plan
    this.#budgetBytes = budgetBytes
    const { keys, aggregations } = groups.plan
    const columns = [
      ...(keys === 'all' ? [] : keys.map(key => key.column)),
      ...aggregations.map(one => (one.kind === 'values' ? one.column : undefined)),
    ]
    this.#columns = [...new Set(columns.filter(column => column !== undefined))]
    this.#skipping = SkippingKeys.of(groups.plan)
    this.#absent = this.#columns.map(() => 0)
  }

  /** Adds the rows of a batch; calls `whenFull` wherever the groups are over the budget, which must empty them. */
  push(given: Batch, whenFull: () => void): void {
    if (given.length === 0) return
    const computed = this.#skipping?.keysOf(given) ?? null
    const batch = computed?.batch ?? given
    if (batch.length === 0) return
    this.#schema = unifySchemas(this.#schema, batch.schema, { operator: this.#plan.operator })
    if (this.#plan.keys === 'all') {
      this.#shape = batch.schema.shape
      this.#groups.setRecord(batch.schema)
    }
    this.#columns.forEach((column, c) => {
      if (columnNamed(batch, column) === null) this.#absent[c]! += batch.length
    })
    const records = computed?.records ?? (this.#plan.callsFunctions ? recordsOf(batch) : [])
    if (this.#scratch.length < batch.length) this.#scratch = new Int32Array(batch.length)
    const groups = this.#scratch
    for (let from = 0; from < batch.length; ) {
      const to = Math.min(batch.length, from + CHECK_ROWS - (this.#rows % CHECK_ROWS))
      this.#addRows({ batch, records, keyValues: computed?.keys ?? null, groups, from, to })
      this.#rows += to - from
      from = to
      if (this.#rows % CHECK_ROWS === 0 && this.#groups.sizeBytes > this.#budgetBytes) whenFull()
    }
  }

  #addRows(rows: {
    readonly batch: Batch
    readonly records: readonly unknown[]
    /** By key, then row, where key functions have been called already. */
    readonly keyValues: readonly (readonly unknown[])[] | null
    readonly groups: Int32Array
    readonly from: number
    readonly to: number
  }): void {
    const { batch, records, keyValues, groups, from, to } = rows
    const { table } = this.#groups
    const { keys, aggregations } = this.#plan
    const calls = keys === 'all' ? [] : keys.map(key => key.call)
    if (keys === 'all') for (const { name } of batch.schema.fields) this.#key(name)
    const names = keys === 'all' ? table.keys.map(key => key.name) : keys.map(key => key.column)
    if (!this.#plan.callsFunctions) {
      table.groupsOf(
        names.map(name => columnNamed(batch, name!)),
        groups,
        from,
        to,
      )
      this.#groups.begin()
    } else {
      const columns = names.map(name => (name === undefined ? undefined : columnNamed(batch, name)))
      const codes = table.codesOf(columns, groups, from, to)
      for (let row = from; row < to; row++) {
        for (let k = 0; k < calls.length; k++) {
          const call = calls[k]
          if (call === undefined) continue
          const value = keyValues === null ? call.call1(records[row]) : keyValues[k]![row]
          codes[k]![row] = table.keys[k]!.codeOf(value)
        }
        const group = table.groupOf(codes, row)
        groups[row] = group
        if (table.count !== this.#groups.begun) this.#groups.begin()
        for (const one of aggregations) if (one.kind === 'user') one.accumulator.add(group, records[row])
      }
    }
    for (const one of aggregations) {
      if (one.kind === 'rows') one.accumulator.addRows(groups, from, to)
      else if (one.kind === 'values') {
        const column = columnNamed(batch, one.column)
        if (column !== null) one.accumulator.addColumn(column, groups, from, to)
      }
    }
  }

  /** The key of a column that may be new. */
  #key(name: string): number {
    const { keys } = this.#groups.table
    const known = keys.findIndex(key => key.name === name)
    if (known >= 0) return known
    this.#groups.table.addKey(name)
    return keys.length - 1
  }

  #first(record: unknown): void {
    const builder = new BatchBuilder({ operator: this.#plan.operator })
    builder.add(record)
    const shape = builder.schema!.shape as BuiltShape
    this.#firstRecord = record
    this.#shape = shape
    this.#groups.setRecord({ shape })
    if (this.#plan.keys === 'all') {
      for (const name of shape === 'pair' ? ['key', 'value'] : shape === 'scalar' ? ['value'] : [])
        this.#key(name)
      this.add = one => this.#addWhole(one)
    } else this.add = recordAdder(this.#plan, shape, this.#columns, this.#groups, this)
    this.add(record)
  }

  /** Adds a record all of whose columns are keys. */
  #addWhole(record: unknown): void {
    const { table } = this.#groups
    const values = this.#wholeValues(record)
    const codes = table.keys.map((key, k) => Int32Array.of(key.codeOf(values[k])))
    const group = table.groupOf(codes, 0)
    if (table.count !== this.#groups.begun) this.#groups.begin()
    for (const one of this.#plan.aggregations) {
      if (one.kind === 'rows') one.accumulator.addRow(group)
      else if (one.kind === 'user') one.accumulator.add(group, record)
      else one.accumulator.add(group, values[table.keys.findIndex(key => key.name === one.column)])
    }
    this.added()
  }

  #wholeValues(record: unknown): unknown[] {
    if (this.#shape === 'scalar') {
      if (shapeOf(record) !== 'scalar') this.otherShape(record)
      return [record]
    }
    if (this.#shape === 'pair') {
      if (shapeOf(record) !== 'pair') this.otherShape(record)
      return record as unknown[]
    }
    if (shapeOf(record) !== 'object') this.otherShape(record)
    const values: unknown[] = []
    for (const [name, value] of Object.entries(record as object)) values[this.#key(name)] = value
    return values
  }

  otherShape(record: unknown): never {
    const builder = new BatchBuilder({ operator: this.#plan.operator })
    builder.add(this.#firstRecord)
    builder.add(record)
    throw new Error('a record was refused that a batch can hold')
  }

  keysOf(record: unknown): readonly unknown[] | null {
    return this.#skipping!.keysOfRecord(record)
  }

  absent(column: number, record: unknown): void {
    const isObject = this.#shape === 'object'
    if (isObject && Object.hasOwn(record as object, this.#columns[column]!)) return
    this.#absent[column]!++
    if (this.#absent[column]! > SAMPLED_RECORDS) return
    const names = isObject
      ? Object.keys(record as object)
      : this.#shape === 'pair'
        ? ['key', 'value']
        : ['value']
    for (const name of names) this.#namesSeen.add(name)
  }

  added(): void {
    if (++this.#rows % CHECK_ROWS === 0) this.full = this.#groups.sizeBytes > this.#budgetBytes
  }

  /** @throws UNKNOWN_COLUMN for a column that no row of this task had. */
  checkColumns(): void {
    if (this.#rows === 0) return
    const column = this.#columns.find((_, c) => this.#absent[c] === this.#rows)
    if (column === undefined) return
    const names = this.#schema === null ? [...this.#namesSeen] : columnNames(this.#schema)
    throw unknownColumn(this.#plan.operator, column, names)
  }
}

/** Null for what no record can be. */
function shapeOf(record: unknown): RecordShape | null {
  if (record === null || record === undefined) return 'scalar'
  const kind = kindOf(record)
  if (kind === undefined) return null
  if (kind === 'array') return (record as unknown[]).length === 2 ? 'pair' : null
  return kind === 'object' ? 'object' : 'scalar'
}
