/** Part of placing exchanges: rows are divided by order, at positions that a sample of them gives. */
import type { Partitioning, SortKeySpec } from '../../operators/index.ts'
import { type DraftNode, exchangeDraft, SPLITTERS_UNPLACED, stepDraft, unionDraft } from '../draft/draft.ts'
import { sampledScan } from '../draft/sampled-scan.ts'
import type { Resources } from '../logical.ts'

/** Samples for each partition: the sizes of partitions then differ by a few per cent. */
const SAMPLES_A_PARTITION = 256
/** Fewer say little of a task's rows. */
const MIN_SAMPLES_A_TASK = 64
/** More would not make the partitions more even, but the samples of all tasks meet in one. */
const MAX_SAMPLES_A_TASK = 65_536
/** Keys of all samples, in bytes: one task has them all in memory. */
const SAMPLE_KEY_BYTES = 32 << 20
/** A task of many may have so much all the same: less would be one long key. */
const MIN_KEY_BYTES_A_TASK = 64 << 10
/** A task of few has them in memory too. */
const MAX_KEY_BYTES_A_TASK = 8 << 20

const NOTE = 'made once: sampled, then divided'

type Range = Extract<Partitioning, { kind: 'range' }>

export interface RangeOptions {
  readonly keys: readonly SortKeySpec[]
  readonly partitions: number
}

/**
 * Rows that can be read twice, to be sampled and to be divided, without calling a function twice: a scan, an exchange,
 * a union of such, and what only takes columns of them away.
 */
function readsAgain(node: DraftNode): boolean {
  switch (node.kind) {
    case 'scan':
    case 'exchange':
      return true
    case 'union':
      return node.inputs.every(readsAgain)
    case 'step':
      return (node.step.op === 'select' || node.step.op === 'dropColumns') && readsAgain(node.inputs[0]!)
    case 'join':
      return false
  }
}

/** The sample of rows that can be read again, with `above` over each part that is read with a fraction of its own. */
function sampleOf(node: DraftNode, above: (rows: DraftNode, fraction: number) => DraftNode): DraftNode {
  switch (node.kind) {
    case 'scan': {
      const scan = sampledScan(node)
      return above(scan, scan.fraction ?? 1)
    }
    case 'union':
      return unionDraft(node.inputs.map(input => sampleOf(input, above)))
    case 'step':
      return sampleOf(node.inputs[0]!, (rows, fraction) => above(stepDraft(node.step, rows), fraction))
    default:
      return above(node, 1)
  }
}

/** Range exchanges of one plan: equal ones over the same rows are one, and rows are made once for all of them. */
export class RangeExchanges {
  readonly #data = new Map<DraftNode, DraftNode>()
  readonly #splitters = new Map<DraftNode, Map<string, DraftNode>>()
  readonly #exchanges = new Map<DraftNode, Map<string, DraftNode>>()

  /** The rows in a form that is read twice. Give this, not the node itself, to `splitters` and `divide`. */
  data(node: DraftNode): DraftNode {
    if (readsAgain(node)) return node
    const data = this.#data.get(node) ?? exchangeDraft({ kind: 'none' }, node, NOTE)
    this.#data.set(node, data)
    return data
  }

  /** The exchange `broadcast` of the positions that divide `data` evenly in the order of the keys. */
  splitters(data: DraftNode, { keys, partitions }: RangeOptions): DraftNode {
    return kept(this.#splitters, data, JSON.stringify([keys, partitions]), () => {
      const rows = Math.min(
        Math.max(Math.ceil((SAMPLES_A_PARTITION * partitions) / data.tasks), MIN_SAMPLES_A_TASK),
        MAX_SAMPLES_A_TASK,
      )
      const keyBytes = Math.min(
        Math.max(Math.floor(SAMPLE_KEY_BYTES / data.tasks), MIN_KEY_BYTES_A_TASK),
        MAX_KEY_BYTES_A_TASK,
      )
      const samples = sampleOf(data, (input, fraction) =>
        stepDraft({ op: 'sampleKeys', keys, fraction, rows, keyBytes }, input),
      )
      const gathered = exchangeDraft({ kind: 'gather' }, samples, 'the samples of all tasks meet in one')
      const splitters = stepDraft({ op: 'splitters', partitions }, gathered)
      return exchangeDraft({ kind: 'broadcast' }, splitters, 'every task divides its rows by these')
    })
  }

  /**
   * `data` divided by order. `splitters` may be those of other rows, as for the other side of a join, whose rows are
   * then to be replicated.
   */
  divide(
    data: DraftNode,
    splitters: DraftNode,
    options: RangeOptions & {
      readonly note: string
      readonly resources?: Resources
      readonly replicate?: true
    },
  ): DraftNode {
    const { keys, partitions, note, resources, replicate } = options
    const partitioning: Range = {
      kind: 'range',
      keys,
      partitions,
      splitters: SPLITTERS_UNPLACED,
      ...(replicate === undefined ? {} : { replicate }),
    }
    const make = () =>
      exchangeDraft(partitioning, data, note, {
        splitters,
        ...(resources === undefined ? {} : { resources }),
      })
    // Others' splitters are not part of the identity below.
    if (replicate !== undefined) return make()
    return kept(this.#exchanges, data, JSON.stringify([partitioning, resources]), make)
  }
}

function kept(
  known: Map<DraftNode, Map<string, DraftNode>>,
  node: DraftNode,
  identity: string,
  make: () => DraftNode,
): DraftNode {
  const same = known.get(node) ?? new Map<string, DraftNode>()
  known.set(node, same)
  const made = same.get(identity) ?? make()
  same.set(identity, made)
  return made
}
