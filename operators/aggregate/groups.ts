/** The groups of an aggregation with their states, and the batches that come of them. */
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../batch/batch.ts'
import type { Field, RecordShape } from '../batch/column-type.ts'
import { DunlinError } from '../errors.ts'
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
  /** The records' shape, where all columns are keys. */
  shape: RecordShape = 'object'

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

  /** Merges the rows of a batch of states, as `stateBatch` makes them. */
  mergeStates(batch: Batch): void {
    const { fields } = batch.schema
    const index = new Map(fields.map((field, i) => [field.name, i]))
    const states = this.plan.aggregations.map(one => stateNames(one).map(name => index.get(name)))
    if (this.plan.keys === 'all') {
      const isState = new Set(states.flat())
      const names = fields.map(field => field.name).filter((_, i) => !isState.has(i))
      const known = new Set(this.table.keys.map(key => key.name))
      for (const name of names) if (!known.has(name)) this.table.addKey(name)
      this.shape = batch.schema.shape
    }
    const groups = new Int32Array(batch.length)
    const keys = this.table.keys.map(key => index.get(key.name))
    this.table.groupsOf(batch, keys, groups, 0, batch.length)
    this.resize()
    for (const [i, { as, accumulator }] of this.plan.aggregations.entries()) {
      const columns = states[i]!.map(column => {
        if (column !== undefined) return batch.columns[column]!
        throw new DunlinError('INTERNAL', `${this.plan.operator}: the states of "${as}" are missing`)
      })
      accumulator.merge(columns, groups, 0, batch.length)
    }
    this.begun = this.count
  }

  /** Rows of a batch, so that it stays near the size at which batches are cut. */
  get batchRows(): number {
    const bytesPerGroup = this.sizeBytes / Math.max(1, this.count)
    return Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / bytesPerGroup)))
  }

  keyBatch(groups: Int32Array): Batch {
    const columns = this.table.columns(groups)
    return { schema: { shape: 'object', fields: this.table.fields }, length: groups.length, columns }
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
    const { keys, aggregations } = this.plan
    const shape = keys === 'all' && aggregations.length === 0 ? this.shape : 'object'
    return { schema: { shape, fields: shapedFields(shape, fields) }, length: groups.length, columns }
  }

  resultBatch(groups: Int32Array): Batch {
    const columns = this.table.columns(groups)
    const fields = this.table.fields
    for (const { as, accumulator } of this.plan.aggregations) {
      const column = accumulator.result(groups)
      columns.push(column)
      fields.push({ name: as, type: column.type })
    }
    const { keys, aggregations } = this.plan
    const shape = keys === 'all' && aggregations.length === 0 ? this.shape : this.plan.shape
    return { schema: { shape, fields: shapedFields(shape, fields) }, length: groups.length, columns }
  }

  /** Batches of these groups, in this order. */
  *batches(kind: 'states' | 'results', order: Int32Array): Generator<Batch, void, void> {
    const rows = this.batchRows
    for (let from = 0; from < order.length; from += rows) {
      const groups = order.subarray(from, from + rows)
      yield kind === 'states' ? this.stateBatch(groups) : this.resultBatch(groups)
    }
  }

  /** All groups in order of first appearance. */
  inOrder(): Int32Array {
    return Int32Array.from({ length: this.count }, (_, group) => group)
  }
}

/** Scalars and pairs have columns of fixed names, whatever the aggregation calls them. */
function shapedFields(shape: RecordShape, fields: Field[]): Field[] {
  if (shape === 'object') return fields
  const names = shape === 'pair' ? ['key', 'value'] : ['value']
  return names.map((name, i) => ({ name, type: fields[i]?.type ?? NULL_TYPE }))
}
