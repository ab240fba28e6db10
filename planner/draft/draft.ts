/** The draft: the plan between what was asked and what will run, which the rules rewrite and stages are cut from. */
import type { JoinSpec, Partitioning, ReadFormat, UnarySpec } from '../../operators/index.ts'
import type { JoinNode, LogicalOutput, Resources, ScanNode } from '../logical.ts'
import type { ScanSplits } from '../splits.ts'

type WithoutInput<T> = T extends unknown ? Omit<T, 'input'> : never
/** An operator of one input, without the input. */
export type Step = WithoutInput<UnarySpec>
/** A join without its inputs. */
export type JoinStep = Omit<JoinSpec, 'inputs'>

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
  /** Only this share of its rows is read, evenly spread: `cut` has the pieces, as many splits as the whole has. */
  readonly fraction?: number
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

/** Its inputs are left and right; both have as many partitions, or one of them is an exchange `broadcast`. */
export interface JoinDraft extends DraftBase {
  readonly kind: 'join'
  readonly join: JoinStep
  /** What was asked, for the rule that places its exchanges. */
  readonly node: Pick<JoinNode, 'strategy' | 'broadcastBytes' | 'divideSkew' | 'at'>
}

/**
 * `inputs` are the rows and, where they are divided by range, the exchange `broadcast` that has the splitters; that one
 * is missing until exchanges are placed. Its resources are for the stage that writes it.
 */
export interface ExchangeDraft extends DraftBase {
  readonly kind: 'exchange'
  readonly partitioning: Partitioning
  /** Why it is there, for people. */
  readonly note: string
}

export type DraftNode = ScanDraft | StepDraft | UnionDraft | JoinDraft | ExchangeDraft

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

/** Rows that every task reads whole, perhaps after steps. */
export function isBroadcast(node: DraftNode): boolean {
  let below = node
  while (below.kind === 'step') below = below.inputs[0]!
  return below.kind === 'exchange' && below.partitioning.kind === 'broadcast'
}

/** A join has the tasks of the side that is not broadcast; before exchanges are placed, those of the larger side. */
export function joinDraft(
  join: JoinStep,
  node: JoinDraft['node'],
  inputs: readonly DraftNode[],
  resources = NO_RESOURCES,
): JoinDraft {
  const divided = inputs.filter(input => !isBroadcast(input))
  return {
    kind: 'join',
    join,
    node,
    inputs,
    tasks: Math.max(...divided.map(input => input.tasks)),
    weightBytes: sum(inputs, 'weightBytes'),
    resources,
  }
}

/** The splitters' number in a draft: only the stage that divides by them knows which of its inputs they are. */
export const SPLITTERS_UNPLACED = -1

function partitionsAfter(partitioning: Partitioning, input: DraftNode): number {
  switch (partitioning.kind) {
    case 'none':
      return input.tasks
    case 'gather':
    case 'broadcast':
      return 1
    case 'hash':
    case 'range':
      return partitioning.partitions
  }
}

/** `splitters`: the exchange `broadcast` that says how to divide by range. */
export function exchangeDraft(
  partitioning: Partitioning,
  input: DraftNode,
  note: string,
  { splitters, resources = NO_RESOURCES }: { splitters?: DraftNode; resources?: Resources } = {},
): ExchangeDraft {
  return {
    kind: 'exchange',
    partitioning,
    inputs: splitters === undefined ? [input] : [input, splitters],
    tasks: partitionsAfter(partitioning, input),
    weightBytes: input.weightBytes,
    resources,
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
    case 'join':
      return joinDraft(node.join, node.node, inputs, node.resources)
    case 'exchange': {
      const [rows, splitters] = inputs
      const { partitioning, note, resources } = node
      return exchangeDraft(partitioning, rows!, note, {
        resources,
        ...(splitters === undefined ? {} : { splitters }),
      })
    }
  }
}
