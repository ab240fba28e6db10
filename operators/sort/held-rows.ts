/** HeldRows: batches in memory with their encoded keys, counted, until they are sorted. */
import type { Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { sameSchema } from '../batch/schema.ts'
import { batchBytes } from '../batch/size.ts'
import { sliceBatch } from '../batch/take.ts'
import type { SortKeySpec } from '../spec.ts'
import { type EncodedKeys, encodedBytes, encodeSortKeys } from './order-key.ts'
import { RowGatherer } from './row-gatherer.ts'
import { MAX_BATCHES, MAX_ROWS } from './row-ref.ts'
import type { RowSorter } from './row-sorter.ts'

/** What sorting takes for each row: its place in the order, where it is moved to, and a part of its key. */
const SORTING_BYTES = 16
/** Smaller batches are copied together: kept as they are they may keep much larger memory alive. */
const KEEP_BYTES = 64 << 10
const JOIN_BYTES = 1 << 20

export class HeldRows {
  readonly #keys: readonly SortKeySpec[]
  readonly #batches: Batch[] = []
  readonly #encoded: EncodedKeys[] = []
  #small: { readonly schema: Schema; readonly appender: BatchAppender } | null = null
  #bytes = 0
  #rows = 0

  constructor(keys: readonly SortKeySpec[]) {
    this.#keys = keys
  }

  /** Counted bytes of the rows, of their keys, and of what sorting them takes. */
  get sizeBytes(): number {
    const small = this.#small?.appender
    return this.#bytes + (small === undefined ? 0 : small.sizeBytes + small.rows * SORTING_BYTES)
  }

  get rows(): number {
    return this.#rows
  }

  /** Many more batches could not be told apart. */
  get full(): boolean {
    return this.#batches.length >= MAX_BATCHES / 2
  }

  push(batch: Batch): void {
    this.#rows += batch.length
    if (batchBytes(batch) < KEEP_BYTES && batch.length < MAX_ROWS / 2) this.#join(batch)
    else {
      this.#keepSmall()
      for (let at = 0; at < batch.length; at += MAX_ROWS) this.#keep(sliceBatch(batch, at, at + MAX_ROWS))
    }
  }

  #join(batch: Batch): void {
    if (this.#small !== null && !sameSchema(this.#small.schema, batch.schema)) this.#keepSmall()
    const { schema } = batch
    this.#small ??= { schema, appender: new BatchAppender(schema) }
    const { appender } = this.#small
    appender.appendRange(castBatch(batch, this.#small.schema), 0, batch.length)
    if (appender.sizeBytes >= JOIN_BYTES || appender.rows >= MAX_ROWS / 2) this.#keepSmall()
  }

  #keepSmall(): void {
    const batch = this.#small?.appender.build() ?? null
    this.#small = null
    if (batch !== null) this.#keep(batch)
  }

  #keep(batch: Batch): void {
    const encoded = encodeSortKeys(batch, this.#keys)
    this.#batches.push(batch)
    this.#encoded.push(encoded)
    this.#bytes += batchBytes(batch) + encodedBytes(encoded) + batch.length * SORTING_BYTES
  }

  /**
   * All rows in order, as batches of `schema` of up to `maxBytes`; ties as they were pushed. They stay held until
   * `clear`. Memory besides what is counted: two of these batches.
   *
   * @param options.schema one that all batches can be cast to
   */
  *sorted(options: {
    readonly schema: Schema
    readonly maxBytes: number
    readonly sorter: RowSorter
  }): Generator<Batch> {
    this.#keepSmall()
    const { schema, sorter } = options
    const batches = this.#batches.map(batch => castBatch(batch, schema))
    const order = sorter.sort(this.#encoded.map((keys, i) => ({ keys, from: 0, to: batches[i]!.length })))
    const gatherer = new RowGatherer(options)
    if (order !== null) yield* gatherer.gather(batches, order)
    else for (const batch of batches) yield* gatherer.pass(batch, 0, batch.length)
    yield* gatherer.rest()
  }

  /** All batches as they were pushed; nothing is held any more, so that another may hold them. */
  *taken(): Generator<Batch> {
    this.#keepSmall()
    const batches = [...this.#batches]
    this.clear()
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) yield batch
  }

  clear(): void {
    this.#batches.length = 0
    this.#encoded.length = 0
    this.#small = null
    this.#bytes = 0
    this.#rows = 0
  }
}
