/** Aggregates states to results: holds the groups of one partition, within a budget. */
import type { Batch } from '../batch/batch.ts'
import type { AsyncEmit, PipelineBreaker, RunStore } from '../operator.ts'
import { withoutSequence } from '../spill/sequence.ts'
import type { AggregatePlan } from './aggregate-plan.ts'
import type { Groups } from './groups.ts'
import { SpillingGroups } from './spilling-groups.ts'

/**
 * Takes what `PartialAggregate` gives. Results come in order of first appearance, each from states that were merged in
 * the order in which they came: bit for bit the same for any budget.
 *
 * Where states had to leave memory, user functions get them as columns gave them back, as they do where rows were
 * exchanged. A single group's state is held, however large it is.
 */
export class FinalAggregate implements PipelineBreaker {
  readonly order = [0]
  readonly #held: SpillingGroups

  constructor(plan: AggregatePlan, env: { readonly budgetBytes: number; readonly runs: RunStore }) {
    this.#held = new SpillingGroups({ plan, budgetBytes: env.budgetBytes, runs: env.runs })
  }

  /** Counted bytes in memory. */
  get sizeBytes(): number {
    return this.#held.sizeBytes
  }

  push(_input: number, batch: Batch): Promise<void> | void {
    if (batch.length > 0) return this.#held.push(batch)
  }

  async end(_input: number, emit: AsyncEmit): Promise<void> {
    const { groups } = this.#held
    if (!this.#held.spilled) {
      groups.beginOnly()
      await giveResults(groups, emit)
      return
    }
    await this.#held.finish(async numbered => {
      const { batch } = withoutSequence(numbered)
      groups.mergeStates(batch, new Int32Array(batch.length), 0, batch.length)
      await giveResults(groups, emit)
      groups.clear()
    })
  }

  async close(): Promise<void> {
    await this.#held.close()
  }
}

async function giveResults(groups: Groups, emit: AsyncEmit): Promise<void> {
  for (const batch of groups.batches('results')) await emit(batch)
}
