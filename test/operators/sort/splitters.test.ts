/** Samples and splitters: which rows are sampled, and that what they divide is divided evenly. */
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { compareEncoded, encodeSortKeys } from '../../../operators/sort/order-key.ts'
import { SampleKeys } from '../../../operators/sort/sample-keys.ts'
import { Splitters } from '../../../operators/sort/splitters.ts'
import type { SortKeySpec } from '../../../operators/spec.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { recordsOfAll } from './sorting.ts'

const BY_VALUE: readonly SortKeySpec[] = [{ column: 'value', direction: 'asc', nulls: 'last' }]

interface Position {
  readonly key: Uint8Array
  readonly task: number
  readonly row: number
}
type Sample = Position & { readonly weight: number }

const samplesOf = (
  batches: Iterable<Batch>,
  options: {
    readonly rows: number
    readonly keyBytes?: number
    readonly fraction?: number
    readonly task?: number
  },
): Batch[] => {
  const { rows, keyBytes = 8 << 20, fraction = 1, task = 0 } = options
  const env = { task: { index: task } }
  const sampler = new SampleKeys({ keys: BY_VALUE, fraction, rows, keyBytes, env })
  for (const batch of batches) sampler.push(batch)
  const given: Batch[] = []
  sampler.finish(batch => given.push(batch))
  return given
}

const splittersOf = (samples: Iterable<Batch>, partitions: number): Position[] => {
  const splitters = new Splitters({ partitions })
  for (const batch of samples) splitters.push(batch)
  const given: Batch[] = []
  splitters.finish(batch => given.push(batch))
  return recordsOfAll(given) as Position[]
}

const upTo = (rows: number): number[] => Array.from({ length: rows }, (_, row) => row)
const keyOf = (value: unknown): Uint8Array => encodeSortKeys(batchOf([value]), BY_VALUE).bytes

describe('samples', () => {
  test('are all rows where these are few', () => {
    expect(recordsOfAll(samplesOf([batchOf(['b', 'a'])], { rows: 10, task: 3 }))).toEqual([
      { key: keyOf('b'), task: 3, row: 0, weight: 1 },
      { key: keyOf('a'), task: 3, row: 1, weight: 1 },
    ])
  })

  test('are one row of k, k a power of two, whatever the batches', () => {
    for (const rows of [1, 2, 7, 100, 999]) {
      const samples = recordsOfAll(samplesOf(batchesOf(upTo(1000), 13), { rows })) as Sample[]
      expect(recordsOfAll(samplesOf([batchOf(upTo(1000))], { rows }))).toEqual(samples)
      expect(samples.length).toBeLessThanOrEqual(rows)
      expect(samples.map(sample => sample.key)).toEqual(samples.map(sample => keyOf(sample.row)))
      expect(new Set(samples.map(sample => sample.weight)).size).toBeLessThanOrEqual(1)
      if (rows < 100) continue
      const step = samples[0]!.weight
      expect(Math.log2(step) % 1).toBe(0)
      expect(samples.length * step).toBeGreaterThan(700)
      expect(samples.length * step).toBeLessThan(1300)
      const gaps = samples.slice(1).map((sample, i) => sample.row - samples[i]!.row)
      expect(Math.max(...gaps)).toBeLessThan(12 * step)
    }
  })

  test('are no rows of one kind alone where kinds alternate', () => {
    const samples = recordsOfAll(samplesOf([batchOf(upTo(10_000))], { rows: 500 })) as Sample[]
    const even = samples.filter(sample => sample.row % 2 === 0).length / samples.length
    expect(even).toBeGreaterThan(0.4)
    expect(even).toBeLessThan(0.6)
  })

  test('stand for rows that were not read', () => {
    const whole = recordsOfAll(samplesOf([batchOf(upTo(100))], { rows: 50 })) as Sample[]
    const samples = recordsOfAll(samplesOf([batchOf(upTo(100))], { rows: 50, fraction: 1 / 16 })) as Sample[]
    expect(samples.map(({ row, weight }) => ({ row, weight }))).toEqual(
      whole.map(({ row, weight }) => ({ row: row * 16, weight: weight * 16 })),
    )
  })

  test('of long keys are fewer, down to one', () => {
    const long = upTo(100).map(i => String(i).repeat(200_000))
    for (const keyBytes of [8 << 20, 2 << 20]) {
      const samples = recordsOfAll(samplesOf(batchesOf(long, 3), { rows: 1000, keyBytes })) as Sample[]
      const bytes = samples.reduce((sum, sample) => sum + sample.key.length, 0)
      expect(bytes).toBeLessThanOrEqual(keyBytes)
      expect(bytes).toBeGreaterThan(keyBytes / 5)
    }
    const one = samplesOf([batchOf(['x'.repeat(100)])], { rows: 5, keyBytes: 64 })
    expect(one.map(batch => batch.length)).toEqual([1])
  })

  test('of no rows are none', () => {
    expect(samplesOf([], { rows: 5 })).toEqual([])
  })
})

describe('splitters', () => {
  const weighted = (weights: readonly number[]): Batch =>
    batchOf(weights.map((weight, i) => ({ key: Uint8Array.of(i), task: 0, row: i, weight })))

  test('divide by weight, not by number', () => {
    const rowsOf = (weights: readonly number[], partitions: number): number[] =>
      splittersOf([weighted(weights)], partitions).map(({ row }) => row)
    expect(rowsOf([1, 1, 1, 1, 1, 1], 3)).toEqual([2, 4])
    expect(rowsOf([4, 1, 1, 1, 1, 4], 3)).toEqual([1, 5])
    expect(rowsOf([9, 1, 1], 3)).toEqual([1])
  })

  test('are fewer where there are not enough samples, and never twice the same', () => {
    expect(splittersOf([weighted([1, 1])], 8)).toHaveLength(1)
    expect(splittersOf([weighted([1])], 8)).toEqual([])
    expect(splittersOf([], 8)).toEqual([])
    expect(splittersOf([weighted(upTo(100).map(() => 3))], 1)).toEqual([])
  })

  test('come in the order of key, task and row, whatever order the samples come in', () => {
    const samples = [3, 1, 2, 0].map(task => ({ key: Uint8Array.of(0, task & 1), task, row: 5, weight: 1 }))
    const expected = [2, 1, 3].map(task => ({ key: Uint8Array.of(0, task & 1), task, row: 5 }))
    expect(splittersOf([batchOf(samples)], 4)).toEqual(expected)
    expect(splittersOf(batchesOf(samples.toReversed(), 1), 4)).toEqual(expected)
  })
})

const TASKS = 8
const TASK_ROWS = 16_384

/** A generator of numbers that is the same on every run (xorshift32). */
function numbers(seed: number): () => number {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}
const random = numbers(11)

const SHAPES: Readonly<Record<string, (row: number) => number>> = {
  uniform: () => random(),
  'half the rows share 20 keys': () => (random() & 1 ? random() % 20 : random()),
  'all share one': () => 7,
  'half share one': () => (random() & 1 ? 7 : random()),
  sorted: row => row,
  reversed: row => -row,
}

/** Of each stretch of 1024 rows the first ones, as a reader of every 16th piece of a file sees them. */
const pieces = (values: readonly number[], fraction: number): number[] =>
  values.filter((_, row) => row % 1024 < 1024 * fraction)

/** How many rows each partition gets: those from its splitter on to before the next. */
function rowsPerPartition(tasks: readonly (readonly number[])[], splitters: readonly Position[]): number[] {
  const ends = splitters.map(({ key }) => ({ bytes: key, offsets: Int32Array.of(0, key.length) }))
  const counts = new Array<number>(splitters.length + 1).fill(0)
  tasks.forEach((values, task) => {
    const keys = encodeSortKeys(batchOf(values), BY_VALUE)
    values.forEach((_, row) => {
      let low = 0
      let high = splitters.length
      while (low < high) {
        const middle = (low + high) >>> 1
        const order =
          compareEncoded(ends[middle]!, 0, keys, row) ||
          splitters[middle]!.task - task ||
          splitters[middle]!.row - row
        if (order <= 0) low = middle + 1
        else high = middle
      }
      counts[low]!++
    })
  })
  return counts
}

describe('no partition has more than twice the mean', () => {
  const cases = Object.keys(SHAPES).flatMap(shape => [1, 1 / 16].map(fraction => ({ shape, fraction })))
  test.each(cases)('$shape, reading $fraction of the rows', ({ shape, fraction }) => {
    const tasks = upTo(TASKS).map(task => upTo(TASK_ROWS).map(row => SHAPES[shape]!(task * TASK_ROWS + row)))
    for (const partitions of [2, 8, 32]) {
      const samples = tasks.flatMap((values, task) =>
        samplesOf(batchesOf(pieces(values, fraction), 1000), { rows: 1024, fraction, task }),
      )
      const counts = rowsPerPartition(tasks, splittersOf(samples, partitions))
      const mean = (TASKS * TASK_ROWS) / partitions
      expect(counts).toHaveLength(partitions)
      expect(Math.max(...counts)).toBeLessThan(2 * mean)
    }
  })
})
