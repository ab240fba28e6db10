/** The first row of each key within a budget: rows that it cannot tell are divided by keys and told part by part. */
import { BATCH_BYTES, type Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { columnNamed } from '../batch/column-named.ts'
import type { AsyncEmit, RunStore } from '../operator.ts'
import { type PartitionOrder, rowsByPartition } from '../partition/counting-order.ts'
import { hashColumns } from '../partition/hash.ts'
import { MergedParts } from '../spill/merged-parts.ts'
import { PartitionedRows } from '../spill/partitioned-rows.ts'
import { SPILL_LEVELS, SPILL_PARTITIONS, spillPartitions } from '../spill/spill-partition.ts'
import { SeenKeys } from './seen-keys.ts'

/** Shares of the budget: keys, rows that are divided, results, and the keys of a part. */
const KEYS_SHARE = 5 / 8
const ROWS_SHARE = 1 / 4
const RESULTS_SHARE = 1 / 8
const PART_SHARE = 1 - ROWS_SHARE - RESULTS_SHARE
/** Keys are looked at in pieces of about this share: that is how far their size overshoots. */
const PIECE_SHARE = 1 / 64
/** Counted for a row besides its values, at most. */
const KEY_BYTES = 64

export interface DistinctRowsOptions {
  readonly keys: readonly string[]
  readonly operator: string
  readonly budgetBytes: number
  readonly runs: RunStore
  /** How often the rows have been divided before. */
  readonly level?: number
}

/** Rows of a batch, by their numbers. */
export type Give = (batch: Batch, rows: Int32Array, count: number) => Promise<void> | void

/**
 * Keys are held up to the budget. From there on no key is added: rows of keys that are held are known not to be the
 * first, all others are divided. So rows given at once stand before all that come of the parts.
 */
export class DistinctRows {
  readonly #options: DistinctRowsOptions
  readonly #level: number
  #seen: SeenKeys
  #divided: PartitionedRows | null = null
  /** Set while parts are worked on. */
  #merged: MergedParts | null = null
  #part: DistinctRows | null = null
  #rows = new Int32Array(0)
  #hashes = new Uint32Array(0)
  #order: PartitionOrder | undefined

  constructor(options: DistinctRowsOptions) {
    this.#options = options
    this.#level = options.level ?? 0
    this.#seen = new SeenKeys(options.keys, options.operator)
  }

  /** Counted bytes in memory. */
  get sizeBytes(): number {
    const held = [this.#seen, this.#divided, this.#merged, this.#part]
    return held.reduce((bytes, one) => bytes + (one?.sizeBytes ?? 0), 0)
  }

  /**
   * Gives the rows that are known to be the first of their keys.
   *
   * @param numbered the same rows with their numbers, called for where rows are divided
   */
  async push(batch: Batch, numbered: () => Batch, give: Give): Promise<void> {
    const { length } = batch
    if (this.#rows.length < length) this.#rows = new Int32Array(length)
    let from = 0
    if (this.#divided === null) {
      const step = this.#pieceRows
      let firsts = 0
      while (from < length && this.#divided === null) {
        const to = Math.min(length, from + step)
        firsts = this.#seen.firsts(batch, from, to, this.#rows, firsts)
        from = to
        if (this.#keysAreFull) this.#freeze()
      }
      if (firsts > 0) await give(batch, this.#rows, firsts)
    }
    if (from < length) {
      const unknown = this.#seen.firsts(batch, from, length, this.#rows, 0)
      if (unknown > 0) await this.#divide(numbered(), unknown)
    }
  }

  /** Gives what is left, numbered and in the order of the numbers. Nothing else is called afterwards but `close`. */
  async finish(emit: AsyncEmit): Promise<void> {
    const divided = this.#divided
    const { keys, operator, runs, budgetBytes } = this.#options
    this.#seen = new SeenKeys(keys, operator)
    if (divided === null) return
    const all = Array.from({ length: SPILL_PARTITIONS }, (_, p) => p)
    this.#merged = new MergedParts({
      parts: all.filter(p => divided.rowsOf(p) > 0),
      work: (part, give) => this.#tellPart(divided.batches(part), give),
      budgetBytes: budgetBytes * RESULTS_SHARE,
      runs,
      operator,
    })
    await this.#merged.give(emit)
  }

  /** Discards what is left of divided rows. */
  async close(): Promise<void> {
    await this.#divided?.close()
  }

  async #tellPart(rows: AsyncIterable<Batch>, emit: AsyncEmit): Promise<void> {
    const part = new DistinctRows({
      ...this.#options,
      budgetBytes: this.#options.budgetBytes * PART_SHARE,
      level: this.#level + 1,
    })
    this.#part = part
    try {
      for await (const batch of rows) {
        await part.push(
          batch,
          () => batch,
          async (_, order, count) => {
            const appender = new BatchAppender(batch.schema)
            appender.append(batch, order, 0, count)
            await emit(appender.build()!)
          },
        )
      }
      await part.finish(emit)
    } finally {
      await part.close()
      this.#part = null
    }
  }

  get #pieceRows(): number {
    const pieceBytes = Math.min(BATCH_BYTES, this.#options.budgetBytes * PIECE_SHARE)
    return Math.max(1, Math.floor(pieceBytes / KEY_BYTES))
  }

  get #keysAreFull(): boolean {
    return this.#level < SPILL_LEVELS && this.#seen.sizeBytes > this.#options.budgetBytes * KEYS_SHARE
  }

  #freeze(): void {
    const { budgetBytes, runs, operator } = this.#options
    this.#seen.freeze()
    this.#divided = new PartitionedRows({
      partitions: SPILL_PARTITIONS,
      budgetBytes: budgetBytes * ROWS_SHARE,
      runs,
      operator,
    })
  }

  /** Sends the rows `#rows[0] … #rows[count - 1]` to their parts. */
  async #divide(batch: Batch, count: number): Promise<void> {
    const { length } = batch
    if (this.#hashes.length < length) this.#hashes = new Uint32Array(length)
    const hashes = this.#hashes
    const columns = this.#options.keys.map(key => columnNamed(batch, key))
    hashColumns(columns, length, hashes)
    spillPartitions(hashes, length, this.#level)
    const ids = new Uint32Array(count)
    for (let i = 0; i < count; i++) ids[i] = hashes[this.#rows[i]!]!
    this.#order = rowsByPartition(ids, count, SPILL_PARTITIONS, this.#order)
    const { order, ends } = this.#order
    for (let i = 0; i < count; i++) order[i] = this.#rows[order[i]!]!
    await this.#divided!.push(batch, order, ends)
  }
}
