/** A sample is a share of the rows, decided by seed, task and place alone. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { Sample } from '../../../operators/tree/sample.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { recordBatch } from '../batch/record-batches.ts'
import { taskArgument } from './run-chain.ts'

interface Options {
  readonly fraction?: number
  readonly seed?: number
  readonly index?: number
}

function sample(batches: readonly Batch[], { fraction = 0.5, seed = 1, index = 0 }: Options = {}): unknown[] {
  const operator = new Sample({ fraction, seed, env: { task: { ...taskArgument(), index } } })
  const given: Batch[] = []
  for (const batch of batches) operator.push(batch, one => given.push(one))
  operator.finish(one => given.push(one))
  return given.flatMap(recordsOf)
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('a sample', () => {
  it('is the same wherever batches end', () => {
    const all = sample([batchOf(numbers(500))])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), size => {
        expect(sample(batchesOf(numbers(500), size))).toEqual(all)
      }),
      { numRuns: 30 },
    )
  })

  it('keeps the order of rows, and no more than they are', () => {
    const rows = sample([batchOf(numbers(1000))], { fraction: 0.3 }) as number[]
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b))
    expect(rows.every(row => Number.isInteger(row) && row >= 0 && row < 1000)).toBe(true)
  })

  it.each([0.001, 0.01, 0.25, 0.5, 0.9])('of %d has that share of the rows, at every place', fraction => {
    const count = 200_000
    for (const options of [{ seed: 1 }, { seed: 1e9 }, { seed: -3.5, index: 17 }]) {
      const rows = sample(batchesOf(numbers(count), 65_536), { fraction, ...options }) as number[]
      const deviation = Math.sqrt((count * fraction * (1 - fraction)) / 2)
      for (const half of [rows.filter(row => row < count / 2), rows.filter(row => row >= count / 2)]) {
        expect(Math.abs(half.length - (count / 2) * fraction)).toBeLessThan(5 * deviation)
      }
    }
  })

  it('is everything for 1 and nothing for 0', () => {
    expect(sample([batchOf(numbers(100))], { fraction: 1 })).toEqual(numbers(100))
    expect(sample([batchOf(numbers(100))], { fraction: 0 })).toEqual([])
  })

  it('of a larger share has the rows of a smaller one', () => {
    const small = sample([batchOf(numbers(1000))], { fraction: 0.2 })
    const large = new Set(sample([batchOf(numbers(1000))], { fraction: 0.4 }))
    expect(small.every(row => large.has(row))).toBe(true)
  })

  it('is another for another seed and for another task', () => {
    const options: Options[] = [{}, { seed: 2 }, { seed: 1.5 }, { index: 1 }, { index: 2 ** 31 }]
    const samples = options.map(one => JSON.stringify(sample([batchOf(numbers(200))], one)))
    expect(new Set(samples).size).toBe(options.length)
  })

  it('takes neighbouring rows independently of each other and of other tasks', () => {
    const count = 100_000
    const kept = (index: number) => new Set(sample(batchesOf(numbers(count), 50_000), { index }))
    const [first, second] = [kept(0), kept(1)]
    const both = (a: Set<unknown>, b: Set<unknown>, shift: number) =>
      numbers(count).filter(row => a.has(row) && b.has(row + shift)).length
    const deviation = Math.sqrt((count * 3) / 16)
    for (const together of [both(first, first, 1), both(first, second, 0), both(first, first, 64)])
      expect(Math.abs(together - count / 4)).toBeLessThan(5 * deviation)
  })

  it('leaves fixed-length records what they are', () => {
    const operator = new Sample({ fraction: 1, seed: 0, env: { task: taskArgument() } })
    const given: Batch[] = []
    const batch = recordBatch(['ab', 'cd'], [0, 1])
    operator.push(batch, one => given.push(one))
    operator.finish(one => given.push(one))
    expect(given[0]!.schema).toEqual(batch.schema)
  })
})
