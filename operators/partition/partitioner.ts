/** Partitioner: divides the rows of a task among the partitions of the next stage. */
import type { Batch } from '../batch/batch.ts'
import { columnNamed, columnNames } from '../batch/column-named.ts'
import type { Schema } from '../batch/column-type.ts'
import { DunlinError } from '../errors.ts'
import type { RunStore } from '../operator.ts'
import { encodeSortKeys } from '../sort/order-key.ts'
import type { Partitioning } from '../spec.ts'
import { PartitionedRows } from '../spill/partitioned-rows.ts'
import { type PartitionOrder, rowsByPartition } from './counting-order.ts'
import { hashColumns, hashRows, unknownKey } from './hash.ts'
import { RangeDivider } from './range-divider.ts'
import { rowsBySpread } from './spread-order.ts'

export interface PartitionerOptions {
  readonly partitioning: Partitioning
  /** Partitions of the exchange; with `none`, `gather` and `broadcast` only the first is used. */
  readonly partitions: number
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  /** Counted bytes held in memory; beyond them all rows held become runs. */
  readonly budgetBytes: number
  readonly runs: RunStore
  /** `range`: the index of the task whose rows these are. Default 0. */
  readonly task?: number
  /** `range`: the positions between the partitions, as `Splitters` gives them; null where there were no rows at all. */
  readonly splitters?: Batch | null
}

/** All rows, divided. */
export interface Partitioned {
  /** Unified over all batches; null where none was pushed. */
  readonly schema: Schema | null
  /** Whether there are runs to read. */
  readonly spilled: boolean
  rowsOf(partition: number): number
  /** Counted bytes. */
  bytesOf(partition: number): number
  /** All of `schema`, rows in the order in which they were pushed. Once a partition; memory is freed on the way. */
  batches(partition: number): AsyncIterable<Batch>
}

/**
 * Takes batches of schemas that may differ, and keeps all rows until they are read after `finish`.
 *
 * @throws TYPE_MISMATCH, from `push`, where two schemas cannot be unified; UNKNOWN_COLUMN, from `finish`, for a key
 * that no batch had (a batch without the key's column has nulls there: which batch a row is in must not matter).
 */
export class Partitioner {
  /** Rows are copied when they are pushed; where all go to one partition, batches are kept. */
  readonly copies: boolean
  readonly #options: PartitionerOptions
  readonly #rows: PartitionedRows
  readonly #divider: RangeDivider | null
  #pushed = 0
  #ids = new Uint32Array(0)
  #lasts = new Uint32Array(0)
  #order: PartitionOrder | undefined

  constructor(options: PartitionerOptions) {
    const { partitioning, partitions, splitters = null, task = 0 } = options
    this.#options = options
    this.#rows = new PartitionedRows(options)
    this.#divider =
      partitioning.kind === 'range' && partitions > 1 && splitters !== null && splitters.length > 0
        ? new RangeDivider(splitters, task)
        : null
    this.copies = this.#divider !== null || (partitioning.kind === 'hash' && partitions > 1)
    if (this.#divider !== null && this.#divider.partitions > partitions) {
      throw new DunlinError(
        'INTERNAL',
        `${this.#divider.partitions - 1} splitters do not divide rows into ${partitions} partitions`,
      )
    }
  }

  /** Counted bytes held in memory now. */
  get sizeBytes(): number {
    return this.#rows.sizeBytes
  }

  /** Rows that the partitions have together: with `replicate` more than were pushed. */
  get rows(): number {
    return this.#rows.rows
  }

  /** Where a promise is returned, it is to be awaited before the next call. */
  push(batch: Batch): void | Promise<void> {
    const { length } = batch
    if (length === 0) return
    const { partitioning, partitions } = this.#options
    if (this.#ids.length < length) this.#ids = new Uint32Array(length)
    const firstRow = this.#pushed
    this.#pushed += length
    if (partitioning.kind === 'hash' && partitions > 1) {
      this.#hash(batch, partitioning.keys)
    } else if (partitioning.kind === 'range' && this.#divider !== null) {
      const keys = encodeSortKeys(batch, partitioning.keys)
      if (partitioning.replicate) {
        if (this.#lasts.length < length) this.#lasts = new Uint32Array(length)
        this.#divider.spread(keys, length, this.#ids, this.#lasts)
        const { order, ends } = rowsBySpread(this.#ids, this.#lasts, length, partitions)
        return this.#rows.push(batch, order, ends)
      }
      this.#divider.divide(keys, length, firstRow, this.#ids)
    } else return this.#rows.pushTo(0, batch)
    this.#order = rowsByPartition(this.#ids, length, partitions, this.#order)
    return this.#rows.push(batch, this.#order.order, this.#order.ends)
  }

  /** After the last push. */
  finish(): Partitioned {
    const { schema } = this.#rows
    if (schema !== null) this.#checkKeys(schema)
    return this.#rows
  }

  /** Discards what was not read. Never throws. */
  close(): Promise<void> {
    return this.#rows.close()
  }

  #hash(batch: Batch, keys: readonly string[] | 'all'): void {
    const ids = this.#ids
    const { partitions } = this.#options
    if (keys === 'all') hashRows(batch, keys, ids)
    else
      hashColumns(
        keys.map(key => columnNamed(batch, key)),
        batch.length,
        ids,
      )
    for (let row = 0; row < batch.length; row++) ids[row] = partitionOf(ids[row]!, partitions)
  }

  #checkKeys(schema: Schema): void {
    const { partitioning, operator } = this.#options
    if (partitioning.kind !== 'hash' && partitioning.kind !== 'range') return
    if (partitioning.keys === 'all') return
    const names = columnNames(schema)
    for (const key of partitioning.keys) {
      const name = typeof key === 'string' ? key : key.column
      if (!names.includes(name)) throw unknownKey(name, names).at({ operator })
    }
  }
}

/**
 * The partition of a hash: its share of the 32-bit range, which needs no division and uses the high bits, the best
 * mixed ones (Lemire, "A fast alternative to the modulo reduction", 2016). Exact: the product is below 2^53.
 */
export function partitionOf(hash: number, partitions: number): number {
  return Math.floor((hash * partitions) / 0x1_0000_0000)
}
