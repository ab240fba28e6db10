/** Part of placing exchanges: an aggregation works before the exchange on what a task has, and after it on the states. */
import type { KeySpec, Partitioning } from '../../operators/index.ts'
import { type DraftNode, exchangeDraft, type Step, type StepDraft, stepDraft } from '../draft/draft.ts'
import type { PlanOptions } from '../options.ts'

type AggregateStep = Extract<Step, { op: 'aggregate' }>

/** Input per partition of a hash exchange: its states fit a task of the default memory with room to spare. */
const BYTES_A_PARTITION = 32 << 20
/** Producers write, and consumers read, a slice for each pair: more partitions pay only for inputs far larger. */
const MAX_PARTITIONS = 256

export function defaultPartitions(weightBytes: number): number {
  return Math.min(Math.max(Math.ceil(weightBytes / BYTES_A_PARTITION), 1), MAX_PARTITIONS)
}

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
    // Rows of one task have met already; but partitions that were asked for are files that were asked for.
    if (node.tasks === 1 && (node.resources.partitions ?? 1) === 1) return node
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
    const partitions =
      node.resources.partitions ?? this.#options.partitions ?? defaultPartitions(node.weightBytes)
    // Hashing into one partition is a gather that costs more.
    if (partitions === 1) return { kind: 'gather' }
    return { kind: 'hash', keys: keys === 'all' ? 'all' : keys.map(({ as }) => as), partitions }
  }
}
