/** Top: the first rows of what a sort would give. */
import { BATCH_BYTES, type Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import { sliceBatch } from '../batch/take.ts'
import type { Emit, Operator } from '../operator.ts'
import type { SortKeySpec } from '../spec.ts'
import { HeldRows } from './held-rows.ts'
import { KnownKeys } from './known-keys.ts'
import { compareEncoded, type EncodedKeys, encodeSortKeys } from './order-key.ts'
import { pickRows } from './pick-rows.ts'
import { MAX_ROWS } from './row-ref.ts'
import { RowSorter } from './row-sorter.ts'

/** Rows beyond those asked for that are held at least before all are sorted: for a few rows sorting is set-up only. */
const LEAST_SURPLUS = 1024

/**
 * Holds the first rows so far, and up to as many that came before the last of them; when there are too many, all are
 * sorted and the later half goes. Ties: earlier rows first. Memory: twice the rows asked for, and a batch.
 *
 * @throws TYPE_MISMATCH where batches have schemas that do not unify; UNKNOWN_COLUMN at the end where no batch had a
 * key's column.
 */
export class Top implements Operator {
  readonly #options: TopOptions
  readonly #known: KnownKeys
  readonly #sorter = new RowSorter()
  readonly #held: HeldRows
  #schema: Schema | null = null
  /** The last of the first rows, once there are enough: what does not come before it is not held. */
  #last: { readonly keys: EncodedKeys; readonly row: number } | null = null

  constructor(options: TopOptions) {
    this.#options = options
    this.#known = new KnownKeys(options.keys, options.operator)
    this.#held = new HeldRows(options.keys)
  }

  push(batch: Batch): void {
    const { rows, operator } = this.#options
    if (batch.length === 0 || rows === 0) return
    this.#known.see(batch.schema)
    this.#schema = unifySchemas(this.#schema, batch.schema, { operator })!
    const cast = castBatch(batch, this.#schema)
    for (let at = 0; at < batch.length; at += MAX_ROWS) this.#hold(sliceBatch(cast, at, at + MAX_ROWS))
  }

  #hold(batch: Batch): void {
    const refs = this.#better(batch)
    if (refs.length === 0) return
    this.#held.push(pickRows(batch.schema, [batch], refs))
    const { rows } = this.#options
    if (this.#held.rows >= rows + Math.max(rows, LEAST_SURPLUS) || this.#held.full) this.#shrink()
  }

  /** The rows that may be among the first. */
  #better(batch: Batch): Int32Array {
    const refs = new Int32Array(batch.length)
    const last = this.#last
    if (last === null) return refs.map((_, row) => row)
    const keys = encodeSortKeys(batch, this.#options.keys)
    let count = 0
    for (let row = 0; row < batch.length; row++) {
      if (compareEncoded(keys, row, last.keys, last.row) < 0) refs[count++] = row
    }
    return refs.subarray(0, count)
  }

  #shrink(): void {
    const first = this.#first()
    this.#held.clear()
    for (const batch of first) this.#held.push(batch)
    const end = first.at(-1)
    if (this.#held.rows < this.#options.rows || end === undefined) return
    this.#last = { keys: encodeSortKeys(end, this.#options.keys), row: end.length - 1 }
  }

  #first(): Batch[] {
    if (this.#schema === null) return []
    const batches: Batch[] = []
    let left = this.#options.rows
    for (const batch of this.#held.sorted({
      schema: this.#schema,
      maxBytes: BATCH_BYTES,
      sorter: this.#sorter,
    })) {
      batches.push(sliceBatch(batch, 0, left))
      left -= batch.length
      if (left <= 0) break
    }
    return batches
  }

  finish(emit: Emit): void {
    this.#known.check()
    for (const batch of this.#first()) emit(batch)
    this.#held.clear()
  }
}

export interface TopOptions {
  readonly keys: readonly SortKeySpec[]
  /** How many rows are asked for. */
  readonly rows: number
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
}
