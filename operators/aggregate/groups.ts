/** The groups of an aggregation with their states, and the batches that come of them. */
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../batch/batch.ts'
import type { Field, RecordShape, Schema } from '../batch/column-type.ts'
import { DunlinError } from '../errors.ts'
import type { Accumulator } from './accumulator.ts'
import { type AggregatePlan, stateNames } from './aggregate-plan.ts'
import { GroupTable } from './group-table.ts'
import { NULL_TYPE } from './one-column.ts'

const FIRST_CAPACITY = 256

export class Groups {
  readonly plan: AggregatePlan
  readonly table: GroupTable
  /** Groups that the accumulators have room for. */
  #capacity = 0
  /** Groups that have room and first states; behind `count` while rows are being added. */
  begun = 0
  /** What the records are, where all columns are keys. */
  #record: Pick<Schema, 'shape' | 'key'> = { shape: 'object' }

  constructor(plan: AggregatePlan) {
    this.plan = plan
    this.table = new GroupTable(plan.operator, plan.keys === 'all' ? [] : plan.keys.map(key => key.as))
  }

  get count(): number {
    return this.table.count
  }

  get sizeBytes(): number {
    let bytes = this.table.sizeBytes
    for (const { accumulator } of this.plan.aggregations) bytes += accumulator.sizeBytes(this.count)
    return bytes
  }

  clear(): void {
    this.table.clear()
    this.begun = 0
    for (const { accumulator } of this.plan.aggregations) accumulator.clear()
  }

  setRecord({ shape, key }: Pick<Schema, 'shape' | 'key'>): void {
    this.#record = key === undefined ? { shape } : { shape, key }
  }

  /** Makes room for groups that the table has opened. */
  resize(): void {
    if (this.count <= this.#capacity) return
    this.#capacity = Math.max(FIRST_CAPACITY, this.count * 2)
    for (const { accumulator } of this.plan.aggregations) accumulator.resize(this.#capacity)
  }

  /** Room and first states for groups that are new. */
  begin(): void {
    this.resize()
    for (; this.begun < this.count; this.begun++) {
      for (const one of this.plan.aggregations) if (one.kind === 'user') one.accumulator.begin()
    }
  }

  /** With no keys there is one group, also where there are no rows. */
  beginOnly(): void {
    if (this.plan.keys === 'all' || this.plan.keys.length > 0 || this.count > 0) return
    this.table.count = 1
    this.begin()
  }

  /** The states of all groups can be given now. */
  get fits(): boolean {
    const accumulators: readonly Accumulator[] = this.plan.aggregations.map(one => one.accumulator)
    return accumulators.every(accumulator => accumulator.fits?.(this.count) ?? true)
  }

  /**
   * Merges the rows `from … to - 1` of a batch of states, as `stateBatch` makes them; writes their groups to the same
   * places of `groups`.
   */
  mergeStates(batch: Batch, groups: Int32Array, from: number, to: number): void {
    const { fields } = batch.schema
    const index = new Map(fields.map((field, i) => [field.name, i]))
    const states = this.plan.aggregations.map(one => stateNames(one).map(name => index.get(name)))
    if (this.plan.keys === 'all') {
      const isState = new Set(states.flat())
      const names = fields.map(field => field.name).filter((_, i) => !isState.has(i))
      const known = new Set(this.table.keys.map(key => key.name))
      for (const name of names) if (!known.has(name)) this.table.addKey(name)
      this.setRecord(batch.schema)
    }
    const keys = this.table.keys.map(key => batch.columns[index.get(key.name) ?? -1] ?? null)
    this.table.groupsOf(keys, groups, from, to)
    this.resize()
    for (const [i, { as, accumulator }] of this.plan.aggregations.entries()) {
      const columns = states[i]!.map(column => {
        if (column !== undefined) return batch.columns[column]!
        throw new DunlinError('INTERNAL', `${this.plan.operator}: the states of "${as}" are missing`)
      })
      accumulator.merge(columns, groups, from, to)
    }
    this.begun = this.count
  }

  stateBatch(groups: Int32Array): Batch {
    const columns = this.table.columns(groups)
    const fields = this.table.fields
    for (const one of this.plan.aggregations) {
      for (const [i, column] of one.accumulator.states(groups).entries()) {
        columns.push(column)
        fields.push({ name: stateNames(one)[i]!, type: column.type })
      }
    }
    return { schema: this.#schema('object', fields), length: groups.length, columns }
  }

  resultBatch(groups: Int32Array): Batch {
    const columns = this.table.columns(groups)
    const fields = this.table.fields
    for (const { as, accumulator } of this.plan.aggregations) {
      const column = accumulator.result(groups)
      columns.push(column)
      fields.push({ name: as, type: column.type })
    }
    return { schema: this.#schema(this.plan.shape, fields), length: groups.length, columns }
  }

  /** Distinct gives records as they came, anything else records of this shape. */
  #schema(shape: RecordShape, fields: Field[]): Schema {
    const { keys, aggregations } = this.plan
    const record = keys === 'all' && aggregations.length === 0 ? this.#record : { shape }
    return { ...record, fields: shapedFields(record.shape, fields) }
  }

  /** Batches of all groups in order of first appearance, of about so many counted bytes or fewer. */
  *batches(kind: 'states' | 'results', batchBytes = BATCH_BYTES): Generator<Batch, void, void> {
    const bytesPerGroup = this.sizeBytes / Math.max(1, this.count)
    const rows = Math.max(1, Math.min(BATCH_ROWS, Math.floor(batchBytes / bytesPerGroup)))
    for (let from = 0; from < this.count; from += rows) {
      const groups = new Int32Array(Math.min(rows, this.count - from)).map((_, i) => from + i)
      yield kind === 'states' ? this.stateBatch(groups) : this.resultBatch(groups)
    }
  }
}

/** Scalars and pairs have columns of fixed names, whatever the aggregation calls them. */
function shapedFields(shape: RecordShape, fields: Field[]): Field[] {
  if (shape === 'object') return fields
  const names = shape === 'pair' ? ['key', 'value'] : ['value']
  return names.map((name, i) => ({ name, type: fields[i]?.type ?? NULL_TYPE }))
}
