/** Rows that are others, and in another order, each time their functions run: what makes redoing a task dangerous. */
import { range } from '../../../src/dataset/readers.ts'
import type { RandomStream } from '../random-streams.ts'
import { bagDifference, linesOf, type Workload, written } from '../workload.ts'

/** The chance of the simulation that runs: not that of the task, which is the same each time. */
let chance: RandomStream | null = null

export function setChance(stream: RandomStream): void {
  chance = stream
}

const ROWS = 48

interface Dealt {
  readonly n: number
  readonly hand: number
}

/** Each row is dealt to a partition by chance: a task that runs again deals otherwise. */
function deal(numbers: readonly number[]): Dealt[] {
  const dealt = numbers.map(n => ({ n, hand: chance!.below(100) }))
  return dealt.sort((a, b) => a.hand - b.hand)
}

export const dealtRows: Workload = {
  name: 'dealt rows',
  plan: { partitions: 4 },
  outputs: () => [
    written(
      range(ROWS, { splitRows: 12 })
        .mapBatches((numbers: readonly number[]) => deal(numbers))
        .repartition(4, 'hand')
        .map(({ n, hand }) => ({ n, hand: hand + 0 })),
      'jsonl',
      'memory://out/dealt/',
    ),
  ],
  check: ([found]) =>
    bagDifference(
      linesOf(found).map(line => (JSON.parse(line) as Dealt).n),
      Array.from({ length: ROWS }, (_, n) => n),
    ),
  isDeterminate: false,
}

/** Dealt twice: what the second stage read was dealt by chance, and so was what it gave. */
export const dealtTwice: Workload = {
  name: 'dealt twice',
  plan: { partitions: 3 },
  outputs: () => [
    written(
      range(ROWS, { splitRows: 16 })
        .mapBatches((numbers: readonly number[]) => deal(numbers))
        .repartition(3, 'hand')
        .map(({ n }) => ({ n, hand: chance!.below(1000) }))
        .repartition(2, 'hand')
        .map(({ n }) => n),
      'text',
      'memory://out/dealt/',
    ),
  ],
  check: ([found]) =>
    bagDifference(
      linesOf(found).map(Number),
      Array.from({ length: ROWS }, (_, n) => n),
    ),
  isDeterminate: false,
}
