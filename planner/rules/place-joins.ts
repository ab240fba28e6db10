/** Part of placing exchanges: rows of both sides of a join that can match meet in one task. */
import { DunlinError, type Partitioning, type SortKeySpec } from '../../operators/index.ts'
import {
  type DraftNode,
  exchangeDraft,
  isBroadcast,
  type JoinDraft,
  joinDraft,
  type Step,
  type StepDraft,
  stepDraft,
} from '../draft/draft.ts'
import { bytesText } from '../explain/quantities.ts'
import type { PlanOptions } from '../options.ts'
import { partitionsFor, staysInOneTask } from './partitions.ts'
import type { RangeExchanges } from './range-exchange.ts'

type DistinctByStep = Extract<Step, { op: 'distinctBy' }>
type Side = 'left' | 'right'

/** Up to here every task may read a side: less than dividing both sides costs, and its table fits every task. */
const BROADCAST_BYTES = 16 << 20
/** From here on one key may hold more rows than a task should have; under it sampling costs more than it can save. */
const DIVIDE_BYTES = 256 << 20

/** Whether equal records of this node are in one task, because they were divided as whole records. */
export function equalRowsMeet(node: DraftNode): boolean {
  return node.kind === 'join' && node.join.on === 'all' && !node.inputs.some(isBroadcast)
}

/** The side whose rows are held: never one whose unmatched rows alone are kept; else the lighter one. */
function sideToBuild({ join: { how }, inputs: [left, right] }: JoinDraft): Side {
  switch (how) {
    case 'left':
    case 'semi':
    case 'anti':
      return 'right'
    case 'right':
      return 'left'
    case 'inner':
    case 'full':
    case 'cross':
      return left!.weightBytes < right!.weightBytes ? 'left' : 'right'
  }
}

/** Places the exchanges of joins and of distinct by key. */
export class JoinPlacer {
  readonly #options: PlanOptions
  readonly #ranges: RangeExchanges
  /** Equal exchanges of the same rows are one. */
  readonly #exchanges = new Map<DraftNode, Map<string, DraftNode>>()

  constructor(options: PlanOptions, ranges: RangeExchanges) {
    this.#options = options
    this.#ranges = ranges
  }

  /** @throws DunlinError `INVALID_PLAN` for a cross join neither of whose sides is small. */
  place(node: JoinDraft): DraftNode {
    const build = sideToBuild(node)
    const [left, right] = node.inputs as readonly [DraftNode, DraftNode]
    const broadcast = this.#isBroadcast(node, build)
    if (node.join.how === 'cross' && !broadcast) refuseCross(node, left, right)
    const both = (place: (side: DraftNode, name: Side) => DraftNode): DraftNode =>
      joinDraft(
        { ...node.join, build },
        node.node,
        [place(left, 'left'), place(right, 'right')],
        node.resources,
      )
    const inOneTask = left.tasks === 1 && right.tasks === 1 && staysInOneTask(node)
    if (broadcast && !inOneTask) {
      return both((side, name) => (name === build ? this.#broadcast(side, name) : side))
    }
    const partitions = inOneTask ? 1 : partitionsFor(node, this.#options)
    if (partitions === 1) return both(side => this.#gathered(side))
    if (this.#dividesSkew(node, build)) return this.#divided(node, build, partitions, both)
    return both((side, name) => {
      const { on } = node.join
      const keys = on === 'all' ? on : on.map(pair => pair[name])
      return this.#exchange({ kind: 'hash', keys, partitions }, side, 'rows that can match meet in one task')
    })
  }

  /** The first row of each key: of each task before the exchange, of all tasks after it. */
  distinctBy(node: StepDraft, step: DistinctByStep): DraftNode {
    if (staysInOneTask(node)) return node
    const { keys } = step
    const partitions = partitionsFor(node, this.#options)
    // Hashing into one partition is a gather that costs more.
    const partitioning: Partitioning =
      partitions === 1 ? { kind: 'gather' } : { kind: 'hash', keys, partitions }
    const partial = stepDraft({ ...step, phase: 'partial' }, node.inputs[0]!, node.resources)
    const exchange = exchangeDraft(partitioning, partial, 'equal keys meet in one task')
    return stepDraft({ ...step, phase: 'final' }, exchange, node.resources)
  }

  #isBroadcast({ join, node, inputs }: JoinDraft, build: Side): boolean {
    if (join.how === 'full' || node.strategy === 'exchange') return false
    const { weightBytes } = inputs[build === 'left' ? 0 : 1]!
    return node.strategy === 'broadcast' || weightBytes <= (node.broadcastBytes ?? BROADCAST_BYTES)
  }

  #dividesSkew({ join, node, inputs }: JoinDraft, build: Side): boolean {
    // Unmatched rows of the built side would be found unmatched in each partition that has a copy of them.
    if (join.on === 'all' || join.how === 'full') return false
    if (node.divideSkew !== 'auto') return node.divideSkew
    return inputs[build === 'left' ? 1 : 0]!.weightBytes >= DIVIDE_BYTES
  }

  /**
   * The streamed side is divided evenly by order, so that several tasks may share a key; the built side's rows go to
   * every task that has rows of their key.
   */
  #divided(
    { join, inputs }: JoinDraft,
    build: Side,
    partitions: number,
    both: (place: (side: DraftNode, name: Side) => DraftNode) => DraftNode,
  ): DraftNode {
    const keysOf = (name: Side): SortKeySpec[] =>
      (join.on as Exclude<typeof join.on, 'all'>).map(pair => ({
        column: pair[name],
        direction: 'asc',
        nulls: 'last',
      }))
    const stream = build === 'left' ? 'right' : 'left'
    const data = this.#ranges.data(inputs[stream === 'left' ? 0 : 1]!)
    const splitters = this.#ranges.splitters(data, { keys: keysOf(stream), partitions })
    return both((side, name) => {
      const options = { keys: keysOf(name), partitions }
      if (name === stream) {
        const note = 'rows that can match meet; a key that many rows have is divided among tasks'
        return this.#ranges.divide(data, splitters, { ...options, note })
      }
      const note = `to every task that has rows of its key on the ${stream}`
      return this.#ranges.divide(side, splitters, { ...options, note, replicate: true })
    })
  }

  #gathered(side: DraftNode): DraftNode {
    // The rows of one task have met. It is no union: that has a task for each input at least.
    if (side.tasks === 1) return side
    return this.#exchange({ kind: 'gather' }, side, 'all rows meet in one task')
  }

  #broadcast(side: DraftNode, name: Side): DraftNode {
    const note = `the ${name} side of a join, ${bytesText(side.weightBytes)} or less, goes to every task`
    return this.#exchange({ kind: 'broadcast' }, side, note)
  }

  #exchange(partitioning: Partitioning, side: DraftNode, note: string): DraftNode {
    const same = this.#exchanges.get(side) ?? new Map<string, DraftNode>()
    this.#exchanges.set(side, same)
    const identity = JSON.stringify(partitioning)
    const exchange = same.get(identity) ?? exchangeDraft(partitioning, side, note)
    same.set(identity, exchange)
    return exchange
  }
}

function refuseCross({ node }: JoinDraft, left: DraftNode, right: DraftNode): never {
  const { at, broadcastBytes = BROADCAST_BYTES } = node
  const sizes = `${bytesText(left.weightBytes)} on the left, ${bytesText(right.weightBytes)} on the right`
  throw new DunlinError(
    'INVALID_PLAN',
    `join: neither side of the cross join is small: ${sizes}, and every task would read the smaller one whole`,
    {
      hint: `A side may have ${bytesText(broadcastBytes)}; allow more with \`broadcastBytes\`, or join on a column.`,
      place: at === undefined ? {} : { at },
    },
  )
}
