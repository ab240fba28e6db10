/** Part of placing exchanges: an aggregation works before the exchange on what a task has, and after it on the states. */
import type { KeySpec, Partitioning } from '../../operators/index.ts'
import { type DraftNode, exchangeDraft, type Step, type StepDraft, stepDraft } from '../draft/draft.ts'
import type { PlanOptions } from '../options.ts'
import { partitionsFor, staysInOneTask } from './partitions.ts'

type AggregateStep = Extract<Step, { op: 'aggregate' }>

/** After the exchange every key is a column, whatever it was computed from. */
function columnKeys(keys: AggregateStep['keys']): AggregateStep['keys'] {
  return keys === 'all' ? keys : keys.map(({ as }): KeySpec => ({ kind: 'column', column: as, as }))
}

/** Splits aggregations; equal ones over the same rows get the same exchange. */
export class AggregateSplitter {
  readonly #options: PlanOptions
  readonly #exchanges = new Map<DraftNode, Map<string, DraftNode>>()

  constructor(options: PlanOptions) {
    this.#options = options
  }

  split(node: StepDraft, step: AggregateStep): DraftNode {
    if (staysInOneTask(node)) return node
    const final: AggregateStep = { ...step, phase: 'final', keys: columnKeys(step.keys) }
    return stepDraft(final, this.#exchange(node, step), node.resources)
  }

  #exchange(node: StepDraft, step: AggregateStep): DraftNode {
    const input = node.inputs[0]!
    const partitioning = this.#partitioning(node, step)
    const same = this.#exchanges.get(input) ?? new Map<string, DraftNode>()
    this.#exchanges.set(input, same)
    const identity = JSON.stringify([step, partitioning, node.resources])
    const known = same.get(identity)
    if (known !== undefined) return known
    const partial = stepDraft({ ...step, phase: 'partial' }, input, node.resources)
    const note =
      partitioning.kind === 'gather' ? 'all groups meet in one task' : 'equal keys meet in one task'
    const exchange = exchangeDraft(partitioning, partial, note)
    same.set(identity, exchange)
    return exchange
  }

  #partitioning(node: StepDraft, { keys }: AggregateStep): Partitioning {
    if (keys !== 'all' && keys.length === 0) return { kind: 'gather' }
    const partitions = partitionsFor(node, this.#options)
    // Hashing into one partition is a gather that costs more.
    if (partitions === 1) return { kind: 'gather' }
    return { kind: 'hash', keys: keys === 'all' ? 'all' : keys.map(({ as }) => as), partitions }
  }
}
