/** ExternalSort: sorts any number of rows within its budget: sorted runs, merged at the end. */
import { BATCH_BYTES, type Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import { sliceBatch } from '../batch/take.ts'
import type { AsyncEmit, PipelineBreaker, Run, RunStore, RunWriter } from '../operator.ts'
import type { SortKeySpec } from '../spec.ts'
import { HeldRows } from './held-rows.ts'
import { KnownKeys } from './known-keys.ts'
import { mergeSorted } from './merge-sorted.ts'
import { RowSorter } from './row-sorter.ts'

export interface ExternalSortOptions {
  readonly keys: readonly SortKeySpec[]
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  /** How many rows are asked for: no more are given, nor kept of each run. All, where it is absent. */
  readonly rows?: number
  readonly env: {
    readonly runs: RunStore
    /** Counted bytes of rows, of their keys and of what sorting takes, beyond which they become a run. */
    readonly budgetBytes: number
  }
}

type Batches = Iterable<Batch> | AsyncIterable<Batch>

/** Of a run that is merged there are this many batches in memory: the one at hand and those read ahead. */
const BATCHES_OF_RUN = 4
/** Runs that fill the budget when they are merged; their batches are as large as that allows. */
const USUAL_FAN_IN = 32
/** Smaller ones would cost more to read than they hold; larger ones save nothing. */
const LEAST_RUN_BATCH_BYTES = 4 << 10
const MOST_RUN_BATCH_BYTES = 1 << 20

/**
 * Stable: rows of equal keys stay in the order in which they were pushed. The rows that come out, and their order, are
 * the same for any budget; where batches end is not.
 *
 * Memory: the budget, one batch more where it is passed, and two batches on their way out.
 *
 * @throws TYPE_MISMATCH where batches have schemas that do not unify; UNKNOWN_COLUMN at the end where no batch had a
 * key's column.
 */
export class ExternalSort implements PipelineBreaker {
  readonly order = [0]
  readonly #options: ExternalSortOptions
  readonly #held: HeldRows
  readonly #sorter = new RowSorter()
  readonly #known: KnownKeys
  readonly #runBatchBytes: number
  #schema: Schema | null = null
  /** Open from the first run that is written until the input ends. */
  #writer: RunWriter | null = null
  /** Runs that can be read, in the order of their rows. */
  #runs: Run[] = []

  constructor(options: ExternalSortOptions) {
    const { keys, operator, env } = options
    this.#options = options
    this.#held = new HeldRows(keys)
    this.#known = new KnownKeys(keys, operator)
    const usual = Math.floor(env.budgetBytes / (USUAL_FAN_IN * BATCHES_OF_RUN))
    this.#runBatchBytes = Math.max(LEAST_RUN_BATCH_BYTES, Math.min(MOST_RUN_BATCH_BYTES, usual))
  }

  /** Counted bytes in memory. */
  get sizeBytes(): number {
    return this.#held.sizeBytes
  }

  /** The schema of rows that were seen: results have its columns even if these rows are not pushed. */
  see(schema: Schema): void {
    this.#known.see(schema)
    this.#schema = unifySchemas(this.#schema, schema, { operator: this.#options.operator })
  }

  push(_input: number, batch: Batch): void | Promise<void> {
    if (batch.length === 0) return
    this.see(batch.schema)
    this.#held.push(castBatch(batch, this.#schema!))
    if (this.#held.sizeBytes > this.#options.env.budgetBytes || this.#held.full) return this.#spill()
  }

  async #spill(): Promise<void> {
    this.#writer ??= await this.#options.env.runs.open()
    await this.#write(this.#writer, this.#sorted(this.#runBatchBytes))
    this.#held.clear()
  }

  #sorted(maxBytes: number): Generator<Batch> {
    return this.#held.sorted({ schema: this.#schema!, maxBytes, sorter: this.#sorter })
  }

  async #write(writer: RunWriter, batches: Batches): Promise<void> {
    for await (const batch of this.#first(batches)) await writer.write(batch)
    writer.endRun()
  }

  async end(_input: number, emit: AsyncEmit): Promise<void> {
    if (this.#schema === null) return
    this.#known.check()
    if (this.#writer === null) {
      for await (const batch of this.#first(this.#sorted(BATCH_BYTES))) await emit(batch)
    } else await this.#merge(emit)
    this.#held.clear()
  }

  async #merge(emit: AsyncEmit): Promise<void> {
    const { budgetBytes } = this.#options.env
    // What is held is the last run, and stays where it is if it leaves half of the budget to the others.
    const kept = this.#held.sizeBytes <= budgetBytes / 2
    if (!kept) await this.#spill()
    this.#runs.push(...(await this.#writer!.close()))
    this.#writer = null
    const forRuns = budgetBytes - (kept ? this.#held.sizeBytes : 0)
    const fanIn = Math.max(2, Math.floor(forRuns / (this.#runBatchBytes * BATCHES_OF_RUN)))
    await this.#mergeDownTo(fanIn)
    const sources: AsyncIterable<Batch>[] = this.#runs.map(run => run.batches())
    if (kept) sources.push(this.#first(this.#sorted(this.#runBatchBytes)))
    for await (const batch of this.#first(this.#merged(sources, BATCH_BYTES))) await emit(batch)
    await this.#discard(this.#runs.splice(0))
  }

  /** Merges neighbours, so that ties stay in order, and only as many as must be: each row again as seldom as possible. */
  async #mergeDownTo(fanIn: number): Promise<void> {
    for (let at = 0; this.#runs.length > fanIn; at++) {
      const most = Math.min(fanIn, this.#runs.length - fanIn + 1)
      if (at + 1 >= this.#runs.length) at = 0
      const some = this.#runs.slice(at, at + most)
      const writer = await this.#options.env.runs.open()
      this.#writer = writer
      const batches = this.#merged(
        some.map(run => run.batches()),
        this.#runBatchBytes,
      )
      await this.#write(writer, batches)
      const merged = await writer.close()
      this.#writer = null
      this.#runs.splice(at, some.length, ...merged)
      await this.#discard(some)
    }
  }

  #merged(sources: readonly AsyncIterable<Batch>[], maxBytes: number): AsyncGenerator<Batch> {
    const { keys } = this.#options
    return mergeSorted(sources, { keys, schema: this.#schema!, maxBytes, sorter: this.#sorter })
  }

  /** The rows that are asked for, of batches in order. */
  async *#first(batches: Batches): AsyncGenerator<Batch> {
    let left = this.#options.rows ?? Number.POSITIVE_INFINITY
    for await (const batch of batches) {
      yield sliceBatch(batch, 0, left)
      left -= batch.length
      if (left <= 0) break
    }
  }

  async #discard(runs: readonly Run[]): Promise<void> {
    await Promise.all(runs.map(run => run.discard()))
  }

  async close(): Promise<void> {
    this.#held.clear()
    await this.#writer?.abort()
    this.#writer = null
    await this.#discard(this.#runs.splice(0))
  }
}
