/** Sorts: sample, splitters, range exchange, sort; in memory and past it. */
import { range } from '../../../src/dataset/readers.ts'
import { difference, linesOf, type Workload, written } from '../workload.ts'

const ROWS = 80
/** One value in eight is everywhere: equal keys are divided, and stay in order. */
const keyOf = (n: number): number => (n % 8 === 0 ? 50 : (n * 37) % 101)

const rows = (): { key: number; n: number }[] =>
  Array.from({ length: ROWS }, (_, n) => ({ key: keyOf(n), n }))

export const sort: Workload = {
  name: 'sort',
  plan: { partitions: 3 },
  outputs: () => [
    written(
      range(ROWS, { splitRows: 20 })
        .map(n => ({ key: n % 8 === 0 ? 50 : (n * 37) % 101, n }))
        .sortBy('key'),
      'jsonl',
      'memory://out/sorted/',
    ),
  ],
  check: ([found]) =>
    difference(
      linesOf(found).map(line => JSON.parse(line)),
      rows().sort((a, b) => a.key - b.key),
    ),
  isDeterminate: true,
}

const LONG_ROWS = 600
const LONG_BYTES = 1_000

/** Of rows so long that a task keeps runs in the store, since it has a megabyte. */
export const spillingSort: Workload = {
  name: 'spilling sort',
  plan: { partitions: 1, memoryMb: 1 },
  outputs: () => [
    written(
      range(LONG_ROWS, { splitRows: LONG_ROWS / 2 })
        .map(n =>
          String((n * 7919) % 997)
            .padStart(4, '0')
            .padEnd(LONG_BYTES, 'x'),
        )
        .sortBy('value'),
      'text',
      'memory://out/long/',
    ),
  ],
  check: ([found]) =>
    difference(
      linesOf(found).map(line => line.slice(0, 4)),
      Array.from({ length: LONG_ROWS }, (_, n) => String((n * 7919) % 997).padStart(4, '0')).sort(),
    ),
  isDeterminate: true,
}
