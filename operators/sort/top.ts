/** Top: the first rows of what a sort would give. */
import { BATCH_BYTES, type Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import { sliceBatch } from '../batch/take.ts'
import type { AsyncEmit, PipelineBreaker } from '../operator.ts'
import { ExternalSort, type ExternalSortOptions } from './external-sort.ts'
import { HeldRows } from './held-rows.ts'
import { KnownKeys } from './known-keys.ts'
import { compareEncoded, type EncodedKeys, encodeSortKeys } from './order-key.ts'
import { pickRows } from './pick-rows.ts'
import { MAX_ROWS } from './row-ref.ts'
import { RowSorter } from './row-sorter.ts'

export interface TopOptions extends ExternalSortOptions {
  /** How many rows are asked for. */
  readonly rows: number
}

/** Rows beyond those asked for that are held at least before all are sorted: for a few rows sorting is set-up only. */
const LEAST_SURPLUS = 1024
/** The share of the budget at which all are sorted: what comes of it stands beside what it is made of. */
const HELD_SHARE = 1 / 2
/** The first rows alone may take this share: with more, sorting would soon be for a few new rows each time. */
const FIRST_SHARE = 1 / 4

/**
 * Holds the first rows so far, and up to as many that came before the last of them; when there are too many, or they
 * weigh too much, all are sorted and those beyond the first go. Where the first rows alone weigh too much, they and all
 * that may come before the last of them go on to an `ExternalSort`. Ties: earlier rows first. The rows that come out
 * are the same for any budget.
 *
 * Memory: the budget, and a batch.
 *
 * @throws TYPE_MISMATCH where batches have schemas that do not unify; UNKNOWN_COLUMN at the end where no batch had a
 * key's column.
 */
export class Top implements PipelineBreaker {
  readonly order = [0]
  readonly #options: TopOptions
  readonly #known: KnownKeys
  readonly #sorter = new RowSorter()
  readonly #held: HeldRows
  #schema: Schema | null = null
  /** The key of the last of the first rows, once there are enough: what does not come before it is not held. */
  #last: EncodedKeys | null = null
  /** Where rows go that are too much to be held. */
  #sort: ExternalSort | null = null

  constructor(options: TopOptions) {
    this.#options = options
    this.#known = new KnownKeys(options.keys, options.operator)
    this.#held = new HeldRows(options.keys)
  }

  /** Counted bytes in memory. */
  get sizeBytes(): number {
    return this.#held.sizeBytes + (this.#sort?.sizeBytes ?? 0)
  }

  async push(_input: number, batch: Batch): Promise<void> {
    const { rows, operator } = this.#options
    if (batch.length === 0 || rows === 0) return
    this.#known.see(batch.schema)
    this.#schema = unifySchemas(this.#schema, batch.schema, { operator })!
    const cast = castBatch(batch, this.#schema)
    for (let at = 0; at < batch.length; at += MAX_ROWS) await this.#take(sliceBatch(cast, at, at + MAX_ROWS))
  }

  async #take(batch: Batch): Promise<void> {
    const refs = this.#better(batch)
    if (refs.length === 0) return
    const better = refs.length === batch.length ? batch : pickRows(batch.schema, [batch], refs)
    if (this.#sort !== null) return this.#sort.push(0, better)
    this.#held.push(better)
    const { rows, env } = this.#options
    const heavy = this.#held.sizeBytes > env.budgetBytes * HELD_SHARE
    const many = this.#held.rows >= rows + Math.max(rows, LEAST_SURPLUS) || this.#held.full
    if (many || (heavy && this.#held.rows > rows)) this.#shrink()
    if (heavy && this.#held.sizeBytes > env.budgetBytes * FIRST_SHARE) await this.#sortOutside()
  }

  /** The rows that may be among the first. */
  #better(batch: Batch): Int32Array {
    const refs = new Int32Array(batch.length)
    const last = this.#last
    if (last === null) return refs.map((_, row) => row)
    const keys = encodeSortKeys(batch, this.#options.keys)
    let count = 0
    for (let row = 0; row < batch.length; row++) {
      if (compareEncoded(keys, row, last, 0) < 0) refs[count++] = row
    }
    return refs.subarray(0, count)
  }

  /** Holds the first rows alone. */
  #shrink(): void {
    const first = [...this.#first()]
    this.#held.clear()
    for (const batch of first) this.#held.push(batch)
    const end = first.at(-1)
    if (this.#held.rows < this.#options.rows || end === undefined) return
    this.#last = encodeSortKeys(sliceBatch(end, end.length - 1, end.length), this.#options.keys)
  }

  *#first(): Generator<Batch> {
    let left = this.#options.rows
    const options = { schema: this.#schema!, maxBytes: BATCH_BYTES, sorter: this.#sorter }
    for (const batch of this.#held.sorted(options)) {
      yield sliceBatch(batch, 0, left)
      left -= batch.length
      if (left <= 0) break
    }
  }

  /** Equal rows are held in the order in which they came, and go on in it. */
  async #sortOutside(): Promise<void> {
    this.#sort = new ExternalSort(this.#options)
    for (const batch of this.#held.taken()) await this.#sort.push(0, batch)
  }

  async end(_input: number, emit: AsyncEmit): Promise<void> {
    if (this.#schema === null) return
    this.#known.check()
    if (this.#sort === null) {
      for (const batch of this.#first()) await emit(batch)
      this.#held.clear()
    } else {
      // Columns of rows that did not come among the first are columns of the result all the same.
      this.#sort.see(this.#schema)
      await this.#sort.end(0, emit)
    }
  }

  async close(): Promise<void> {
    this.#held.clear()
    await this.#sort?.close()
  }
}
