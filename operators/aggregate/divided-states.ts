/** States of an aggregation that its budget cannot hold, divided by the keys of their groups. */

import type { Batch } from '../batch/batch.ts'
import { nullColumn } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import type { RunStore } from '../operator.ts'
import { type PartitionOrder, rowsByPartition } from '../partition/counting-order.ts'
import { hashColumns, hashRows } from '../partition/hash.ts'
import { PartitionedRows } from '../spill/partitioned-rows.ts'
import { withSequence } from '../spill/sequence.ts'
import { SPILL_PARTITIONS, spillPartitions } from '../spill/spill-partition.ts'
import { type AggregatePlan, stateNames } from './aggregate-plan.ts'

/** Rows between two changes, and what they all can be cast to. */
interface Era {
  readonly rows: PartitionedRows
  schema: Schema
}

export interface DividedStatesOptions {
  readonly plan: AggregatePlan
  readonly level: number
  readonly budgetBytes: number
  readonly runs: RunStore
}

/**
 * Rows of one partition come out in the order in which they went in, with the number that each was given.
 *
 * Sums of integers turn into sums of float64 where the first float64 comes: not before, or they would round otherwise.
 * So rows are kept in eras, within which no state column changes between the two.
 */
export class DividedStates {
  readonly #options: DividedStatesOptions
  readonly #states: ReadonlySet<string>
  readonly #eras: Era[] = []
  /** Of state columns that are numbers or integers. */
  readonly #kinds = new Map<string, string>()
  #hashes = new Uint32Array(0)
  #order: PartitionOrder | undefined

  constructor(options: DividedStatesOptions) {
    this.#options = options
    this.#states = new Set(options.plan.aggregations.flatMap(stateNames))
  }

  /** Counted bytes in memory. */
  get sizeBytes(): number {
    return this.#eras.reduce((bytes, era) => bytes + era.rows.sizeBytes, 0)
  }

  /** The partitions that have rows. */
  get parts(): readonly number[] {
    const all = Array.from({ length: SPILL_PARTITIONS }, (_, p) => p)
    return all.filter(p => this.#eras.some(era => era.rows.rowsOf(p) > 0))
  }

  /** A batch without rows counts, too: it may be the first of an era. */
  async push(batch: Batch, sequence: Float64Array): Promise<void> {
    const numbered = withSequence(batch, sequence)
    const era = await this.#eraOf(numbered.schema)
    this.#hash(batch)
    const { order, ends } = this.#order!
    await era.rows.push(numbered, order, ends)
  }

  /** Each era begins with no rows of its schema: what it has learnt of types the states must learn, too. */
  async *rows(part: number): AsyncGenerator<Batch> {
    for (const { schema, rows } of this.#eras) {
      yield { schema, length: 0, columns: schema.fields.map(field => nullColumn(field.type, 0)) }
      yield* rows.batches(part)
    }
  }

  async close(): Promise<void> {
    for (const { rows } of this.#eras) await rows.close()
  }

  async #eraOf(schema: Schema): Promise<Era> {
    let changed = false
    for (const { name, type } of schema.fields) {
      if (!this.#states.has(name) || (type.kind !== 'number' && type.kind !== 'int64')) continue
      const before = this.#kinds.get(name)
      if (before !== undefined && before !== type.kind) changed = true
      this.#kinds.set(name, type.kind)
    }
    const { plan, budgetBytes, runs } = this.#options
    const { operator } = plan
    let era = this.#eras.at(-1)
    if (era === undefined || changed) {
      await era?.rows.spill()
      era = {
        rows: new PartitionedRows({ partitions: SPILL_PARTITIONS, budgetBytes, runs, operator }),
        schema,
      }
      this.#eras.push(era)
    }
    era.schema = unifySchemas(era.schema, schema, { operator })!
    return era
  }

  #hash(batch: Batch): void {
    const { plan, level } = this.#options
    const { length } = batch
    if (this.#hashes.length < length) this.#hashes = new Uint32Array(length)
    const hashes = this.#hashes
    const { shape, fields } = batch.schema
    if (plan.keys === 'all') {
      const keys = fields.flatMap(({ name }, i) => (this.#states.has(name) ? [] : [i]))
      const schema = { shape, fields: keys.map(i => fields[i]!) }
      // Nulls do not count, so a column that turns up later does not send a key elsewhere.
      hashRows({ schema, length, columns: keys.map(i => batch.columns[i]!) }, 'all', hashes)
    } else {
      const keys = plan.keys.map(key => fields.findIndex(field => field.name === key.as))
      hashColumns(
        keys.map(i => batch.columns[i] ?? null),
        length,
        hashes,
      )
    }
    spillPartitions(hashes, length, level)
    this.#order = rowsByPartition(hashes, length, SPILL_PARTITIONS, this.#order)
  }
}
