/** The draft: the plan between what was asked and what will run, which the rules rewrite and stages are cut from. */
import type { AsyncRowsSpec, ChainSpec, Partitioning, ReadFormat } from '../../operators/index.ts'
import type { LogicalOutput, Resources, ScanNode } from '../logical.ts'
import type { ScanSplits } from '../splits.ts'

type WithoutInput<T> = T extends unknown ? Omit<T, 'input'> : never
/** An operator of one input, without the input. */
export type Step = WithoutInput<ChainSpec | AsyncRowsSpec>

interface DraftBase {
  readonly inputs: readonly DraftNode[]
  /** How many partitions its rows are in. */
  readonly tasks: number
  /** Bytes of all scans below it. */
  readonly weightBytes: number
  /** What `with` asked for. */
  readonly resources: Resources
}

export interface ScanDraft extends DraftBase {
  readonly kind: 'scan'
  readonly node: ScanNode
  readonly source: string
  readonly format: ReadFormat
  readonly cut: ScanSplits
  /** Columns to read; all of them where absent. */
  readonly columns?: readonly string[]
  /** Why these columns, for people. */
  readonly note?: string
}

export interface StepDraft extends DraftBase {
  readonly kind: 'step'
  readonly step: Step
}

export interface UnionDraft extends DraftBase {
  readonly kind: 'union'
}

export interface ExchangeDraft extends DraftBase {
  readonly kind: 'exchange'
  readonly partitioning: Partitioning
  /** Why it is there, for people. */
  readonly note: string
}

export type DraftNode = ScanDraft | StepDraft | UnionDraft | ExchangeDraft

export interface DraftOutput {
  readonly output: LogicalOutput
  readonly root: DraftNode
  /** `take(n)`: the tasks are run until so many rows are there. */
  readonly until?: { readonly rows: number }
}

export interface Draft {
  readonly outputs: readonly DraftOutput[]
}

export const NO_RESOURCES: Resources = Object.freeze({})

export function scanDraft(
  fields: Pick<ScanDraft, 'node' | 'source' | 'format' | 'cut' | 'resources'>,
): ScanDraft {
  const { splits, weightBytes } = fields.cut
  return { kind: 'scan', inputs: [], tasks: splits.length, weightBytes, ...fields }
}

export function stepDraft(step: Step, input: DraftNode, resources = NO_RESOURCES): StepDraft {
  return {
    kind: 'step',
    step,
    inputs: [input],
    tasks: input.tasks,
    weightBytes: input.weightBytes,
    resources,
  }
}

function sum(inputs: readonly DraftNode[], of: 'tasks' | 'weightBytes'): number {
  let total = 0
  for (const input of inputs) total += input[of]
  return total
}

export function unionDraft(inputs: readonly DraftNode[], resources = NO_RESOURCES): UnionDraft {
  return {
    kind: 'union',
    inputs,
    tasks: sum(inputs, 'tasks'),
    weightBytes: sum(inputs, 'weightBytes'),
    resources,
  }
}

function partitionsAfter(partitioning: Partitioning, input: DraftNode): number {
  switch (partitioning.kind) {
    case 'none':
      return input.tasks
    case 'gather':
      return 1
    case 'hash':
      return partitioning.partitions
  }
}

export function exchangeDraft(partitioning: Partitioning, input: DraftNode, note: string): ExchangeDraft {
  return {
    kind: 'exchange',
    partitioning,
    inputs: [input],
    tasks: partitionsAfter(partitioning, input),
    weightBytes: input.weightBytes,
    resources: NO_RESOURCES,
    note,
  }
}

/** The same node over other inputs; tasks and sizes follow from those. */
export function withInputs(node: DraftNode, inputs: readonly DraftNode[]): DraftNode {
  switch (node.kind) {
    case 'scan':
      return node
    case 'step':
      return stepDraft(node.step, inputs[0]!, node.resources)
    case 'union':
      return unionDraft(inputs, node.resources)
    case 'exchange':
      return exchangeDraft(node.partitioning, inputs[0]!, node.note)
  }
}
