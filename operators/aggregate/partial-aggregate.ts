/** Aggregates the rows of one task before they are exchanged: gives keys and states, and starts again when full. */
import type { Batch } from '../batch/batch.ts'
import type { Emit, Operator } from '../operator.ts'
import type { RowSink } from '../rows/row-sink.ts'
import { AggregateInput } from './aggregate-input.ts'
import type { AggregatePlan } from './aggregate-plan.ts'
import { Groups } from './groups.ts'

/**
 * Counted bytes of groups that are held at most. Where states are cut decides how float sums round, so it must not
 * depend on the memory that a task was given, as long as that is at least this much; and more would not pay: groups
 * that come again have been found in the caches of a processor, or they are too many to come again soon.
 */
const PARTIAL_BYTES = 32 << 20

/**
 * Emptied whenever its counted bytes pass the smaller of the budget and `PARTIAL_BYTES`, at row numbers that depend on
 * the rows alone. Groups are given in order of first appearance.
 */
export class PartialAggregate implements Operator, RowSink {
  readonly #groups: Groups
  readonly #input: AggregateInput

  constructor(plan: AggregatePlan) {
    this.#groups = new Groups(plan)
    this.#input = new AggregateInput(this.#groups, Math.min(plan.env.budgetBytes, PARTIAL_BYTES))
  }

  get full(): boolean {
    return this.#input.full
  }

  add(record: unknown): void {
    this.#input.add(record)
  }

  endBatch(emit: Emit): void {
    if (this.#input.full) this.#flush(emit)
  }

  push(batch: Batch, emit: Emit): void {
    this.#input.push(batch, () => this.#flush(emit))
  }

  finish(emit: Emit): void {
    this.#input.checkColumns()
    this.#flush(emit)
  }

  #flush(emit: Emit): void {
    this.#input.full = false
    for (const batch of this.#groups.batches('states')) emit(batch)
    this.#groups.clear()
  }
}
