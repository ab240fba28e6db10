/** Groups within a budget: what it cannot hold is divided by keys and aggregated part by part, with equal results. */
import { BATCH_BYTES, type Batch } from '../batch/batch.ts'
import { batchBytes } from '../batch/size.ts'
import { sliceBatch } from '../batch/take.ts'
import type { AsyncEmit, RunStore } from '../operator.ts'
import { MergedParts } from '../spill/merged-parts.ts'
import { withoutSequence, withSequence } from '../spill/sequence.ts'
import { SPILL_LEVELS } from '../spill/spill-partition.ts'
import type { AggregatePlan } from './aggregate-plan.ts'
import { DividedStates } from './divided-states.ts'
import { Groups } from './groups.ts'

/** Shares of the budget: groups while nothing is divided, then divided rows, results, and the groups of a part. */
const GROUPS_SHARE = 3 / 4
const ROWS_SHARE = 1 / 4
const RESULTS_SHARE = 1 / 8
const PART_SHARE = 1 - ROWS_SHARE - RESULTS_SHARE
/** States are merged in pieces of this share, batches of states are as large: that is how far the size overshoots. */
const PIECE_SHARE = 1 / 64
/** Counted for a group besides its states while it is not known how large they become. */
const GROUP_BYTES = 64

export interface SpillingGroupsOptions {
  readonly plan: AggregatePlan
  readonly budgetBytes: number
  readonly runs: RunStore
  /** How often the rows have been divided before. */
  readonly level?: number
}

/**
 * Each group's states are merged in the order in which they came, as if nothing had been divided. Groups are numbered
 * by their first rows, and come in that order.
 */
export class SpillingGroups {
  /** Those in memory; empty once anything was divided. */
  groups: Groups
  readonly #options: SpillingGroupsOptions
  readonly #level: number
  readonly #pieceBytes: number
  #divided: DividedStates | null = null
  /** Set while parts are worked on. */
  #merged: MergedParts | null = null
  #part: SpillingGroups | null = null
  /** Rows so far. */
  #rows = 0
  /** The numbers of the groups in memory. */
  #numbers = new Float64Array(256)
  #scratch = new Int32Array(0)

  constructor(options: SpillingGroupsOptions) {
    this.#options = options
    this.#level = options.level ?? 0
    this.#pieceBytes = Math.max(1, Math.min(BATCH_BYTES, options.budgetBytes * PIECE_SHARE))
    this.groups = new Groups(options.plan)
  }

  get spilled(): boolean {
    return this.#divided !== null
  }

  /** Counted bytes in memory. */
  get sizeBytes(): number {
    const held = [this.groups, this.#divided, this.#merged, this.#part]
    return held.reduce((bytes, one) => bytes + (one?.sizeBytes ?? 0), 0)
  }

  /**
   * Takes a batch of states.
   *
   * @param sequence the numbers of its rows, ascending; where it is left out rows are numbered as they come
   */
  push(batch: Batch, sequence?: Float64Array): Promise<void> | void {
    const first = this.#rows
    this.#rows += batch.length
    const numbers = sequence ?? new Float64Array(batch.length).map((_, row) => first + row)
    if (this.#divided !== null) return this.#divided.push(batch, numbers)
    const held = this.#hold(batch, numbers)
    if (held < batch.length || this.#isFull) return this.#divide(batch, numbers, held)
  }

  /** Gives the states of all groups, numbered, in the order of their numbers. Nothing else is called afterwards. */
  async finish(emit: AsyncEmit): Promise<void> {
    const divided = this.#divided
    if (divided === null) {
      await this.#give(emit)
      return
    }
    const { budgetBytes, runs, plan } = this.#options
    this.#merged = new MergedParts({
      parts: divided.parts,
      work: (part, give) => this.#aggregatePart(divided.rows(part), give),
      budgetBytes: budgetBytes * RESULTS_SHARE,
      runs,
      operator: plan.operator,
    })
    await this.#merged.give(emit)
  }

  /** Discards what is left of divided rows. */
  async close(): Promise<void> {
    await this.#divided?.close()
  }

  async #aggregatePart(rows: AsyncIterable<Batch>, emit: AsyncEmit): Promise<void> {
    const { budgetBytes, runs, plan } = this.#options
    const part = new SpillingGroups({
      plan: plan.fresh(),
      budgetBytes: budgetBytes * PART_SHARE,
      runs,
      level: this.#level + 1,
    })
    this.#part = part
    try {
      for await (const numbered of rows) {
        const { batch, sequence } = withoutSequence(numbered)
        await part.push(batch, sequence)
      }
      await part.finish(emit)
    } finally {
      await part.close()
      this.#part = null
    }
  }

  /** Merges rows until there are all, or the groups are full; gives how many rows it took. */
  #hold(batch: Batch, numbers: Float64Array): number {
    const { length } = batch
    if (this.#scratch.length < length) this.#scratch = new Int32Array(length)
    const bytesPerRow = batchBytes(batch) / Math.max(1, length) + GROUP_BYTES
    const step = Math.max(1, Math.floor(this.#pieceBytes / bytesPerRow))
    let from = 0
    do {
      const to = Math.min(length, from + step)
      this.#mergePiece(batch, numbers, from, to)
      from = to
    } while (from < length && !this.#isFull)
    return from
  }

  #mergePiece(batch: Batch, numbers: Float64Array, from: number, to: number): void {
    const { groups } = this
    let next = groups.count
    groups.mergeStates(batch, this.#scratch, from, to)
    if (groups.count > this.#numbers.length) {
      const more = new Float64Array(2 * groups.count)
      more.set(this.#numbers)
      this.#numbers = more
    }
    for (let row = from; next < groups.count; row++)
      if (this.#scratch[row] === next) this.#numbers[next++] = numbers[row]!
  }

  /** Where there is one group, or at the last level, dividing would not help: those are held whatever they take. */
  get #isFull(): boolean {
    const { groups } = this
    return (
      groups.count > 1 &&
      this.#level < SPILL_LEVELS &&
      groups.sizeBytes > this.#options.budgetBytes * GROUPS_SHARE &&
      groups.fits
    )
  }

  /** From here on rows go to their parts: first everything that is held, then the batch from row `from` on. */
  async #divide(batch: Batch, numbers: Float64Array, from: number): Promise<void> {
    const { plan, runs, budgetBytes } = this.#options
    const divided = new DividedStates({
      plan,
      level: this.#level,
      budgetBytes: budgetBytes * ROWS_SHARE,
      runs,
    })
    this.#divided = divided
    await this.#give(numbered => {
      const { batch: states, sequence } = withoutSequence(numbered)
      return divided.push(states, sequence)
    })
    // New ones, not emptied ones: what they have grown to goes with them.
    this.groups = new Groups(plan.fresh())
    this.#numbers = new Float64Array(0)
    await divided.push(sliceBatch(batch, from, batch.length), numbers.subarray(from))
  }

  async #give(emit: AsyncEmit): Promise<void> {
    let at = 0
    for (const batch of this.groups.batches('states', this.#pieceBytes)) {
      await emit(withSequence(batch, this.#numbers.subarray(at, at + batch.length)))
      at += batch.length
    }
  }
}
