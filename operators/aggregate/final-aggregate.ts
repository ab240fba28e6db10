/** Aggregates to results: from states (`final`) or from rows (`complete`); gives up its state as sorted runs. */
import type { Batch } from '../batch/batch.ts'
import type { Schema } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import { DunlinError } from '../errors.ts'
import type { Emit, RunMerger, StatefulOperator } from '../operator.ts'
import type { RowSink } from '../rows/row-sink.ts'
import { AggregateInput } from './aggregate-input.ts'
import type { AggregatePlan } from './aggregate-plan.ts'
import { GroupMerger } from './group-merger.ts'
import { Groups } from './groups.ts'
import { hashOrder } from './hash-order.ts'

/**
 * Results come in order of first appearance. Where state was drained they come in the order of the runs instead: by
 * the hash of the key, and of first appearance where hashes are equal. That depends on the rows and the budget alone.
 *
 * Equal results with and without drains, but for the rounding of float64 sums: a drain divides the additions.
 */
export class FinalAggregate implements StatefulOperator, RowSink {
  readonly #plan: AggregatePlan
  readonly #groups: Groups
  /** Null where the input is states. */
  readonly #input: AggregateInput | null
  /** Of everything drained. */
  #drained: Schema | null = null

  constructor(plan: AggregatePlan, phase: 'final' | 'complete') {
    this.#plan = plan
    this.#groups = new Groups(plan)
    this.#input = phase === 'complete' ? new AggregateInput(this.#groups, Number.POSITIVE_INFINITY) : null
  }

  /** The task looks at `sizeBytes` itself: it is the one that can keep a run. */
  readonly full = false

  get sizeBytes(): number {
    return this.#groups.sizeBytes
  }

  add(record: unknown): void {
    this.#input!.add(record)
  }

  endBatch(): void {}

  push(batch: Batch): void {
    if (this.#input !== null) this.#input.push(batch, () => {})
    else if (batch.length > 0) this.#groups.mergeStates(batch)
  }

  finish(emit: Emit): void {
    if (this.#drained !== null)
      throw new DunlinError('INTERNAL', `${this.#plan.operator}: finish after a drain`)
    this.#input?.checkColumns()
    this.#groups.beginOnly()
    for (const batch of this.#groups.batches('results', this.#groups.inOrder())) emit(batch)
    this.#groups.clear()
  }

  drain(emit: Emit): void {
    for (const batch of this.#groups.batches('states', hashOrder(this.#groups))) {
      this.#drained = unifySchemas(this.#drained, batch.schema, { operator: this.#plan.operator })
      emit(batch)
    }
    this.#groups.clear()
  }

  /** What has not been drained is the last run; it stays in memory. */
  merge(runs: number): RunMerger {
    this.#input?.checkColumns()
    const rest = [...this.#groups.batches('states', hashOrder(this.#groups))]
    this.#groups.clear()
    const schema = rest.reduce((all, batch) => unifySchemas(all, batch.schema), this.#drained)
    if (schema === null) throw new DunlinError('INTERNAL', `${this.#plan.operator}: merge without a drain`)
    return new GroupMerger({ runs, rest, schema, groups: this.#groups })
  }
}
