/** Aggregates the rows of one task before they are exchanged: gives keys and states, and starts again when full. */
import type { Batch } from '../batch/batch.ts'
import type { Emit, Operator } from '../operator.ts'
import type { RowSink } from '../rows/row-sink.ts'
import { AggregateInput } from './aggregate-input.ts'
import type { AggregatePlan } from './aggregate-plan.ts'
import { Groups } from './groups.ts'

/**
 * Emptied whenever its counted bytes pass the budget, at row numbers that depend on the rows alone. Where states are
 * cut decides how float sums round, so that budget is not the task's. Groups are given in order of first appearance.
 */
export class PartialAggregate implements Operator, RowSink {
  readonly #groups: Groups
  readonly #input: AggregateInput

  constructor(plan: AggregatePlan) {
    this.#groups = new Groups(plan)
    this.#input = new AggregateInput(this.#groups, plan.env.budgetBytes)
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
