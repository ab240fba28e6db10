import { readFile } from 'node:fs/promises'
import { type Dataset, from, range } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

describe('top, limit, sample and repartition', () => {
  it('top is the largest first unless it is told otherwise', async () => {
    const engine = place.engine()
    const words = range(5_000, { splitRows: 700 }).map(n => ({ n, score: (n * 7919) % 1_009 }))
    const model = Array.from({ length: 5_000 }, (_, n) => ({ n, score: (n * 7919) % 1_009 }))
    const largest = model.toSorted((a, b) => b.score - a.score)
    expect(await words.top(7, 'score').collect({ engine })).toEqual(largest.slice(0, 7))
    const smallest = model.toSorted((a, b) => a.score - b.score)
    expect(await words.top(7, 'score', 'asc').collect({ engine })).toEqual(smallest.slice(0, 7))
    expect(await words.top(0, 'score').collect({ engine })).toEqual([])
  })

  it('limit gives the first rows in source order wherever it stands', async () => {
    const engine = place.engine()
    const limited = range(10_000, { splitRows: 900 })
      .map(n => n * 2)
      .limit(1_000)
    expect(await limited.count({ engine })).toBe(1_000)
    expect((await limited.map(n => n / 2).collect({ engine })).at(-1)).toBe(999)
    expect(await limited.sortBy('value', 'desc').take(1, { engine })).toEqual([1_998])
    expect(await range(5).limit(0).collect({ engine })).toEqual([])
  })

  it('a sample is a subsequence of about its fraction, the same for any workers, another for another seed', async () => {
    const numbers = range(20_000, { splitRows: 3_000 }).map(n => n * 3)
    const one = await numbers.sample(0.1).collect({ engine: place.engine({ workers: 1 }) })
    const five = await numbers.sample(0.1).collect({ engine: place.engine({ workers: 5 }) })
    expect(five).toEqual(one)
    expect(one).toEqual(one.toSorted((a, b) => a - b))
    expect(new Set(one).size).toBe(one.length)
    // 2,000 expected; σ ≈ 42.
    expect(Math.abs(one.length - 2_000)).toBeLessThan(250)
    const engine = place.engine({ isolation: 'inline' })
    expect(await numbers.sample(0.1, { seed: 1 }).collect({ engine })).not.toEqual(one)
    expect(await numbers.sample(1).count({ engine })).toBe(20_000)
    expect(await numbers.sample(0).count({ engine })).toBe(0)
  })

  it('repartition keeps the order and fills its partitions evenly', async () => {
    const engine = place.engine()
    const numbers = range(10_000, { splitRows: 4_000 }).map(n => `${n}`)
    const report = await numbers.repartition(5).write.text('fifths/').run({ engine })
    expect(report.outputs[0]?.parts).toBe(5)
    expect(await place.output('fifths')).toBe(Array.from({ length: 10_000 }, (_, n) => `${n}\n`).join(''))
    for (const part of (await place.names('fifths')).filter(name => name.startsWith('part'))) {
      const lines = (await readFile(place.path('fifths', part), 'utf8')).split('\n').length - 1
      expect(Math.abs(lines - 2_000)).toBeLessThan(600)
    }
  })

  it('repartition by columns puts equal keys into one partition', async () => {
    const engine = place.engine()
    const dataset = range(3_000, { splitRows: 500 })
      .map(n => ({ n, k: n % 17 }))
      .repartition(4, 'k')
    const seen = await dataset
      .map((row, task) => ({ k: row.k, partition: task.partition }))
      .distinct()
      .collect({ engine })
    expect(seen.length).toBe(17)
    expect(new Set(seen.map(({ k }) => k)).size).toBe(17)
    expect(new Set(seen.map(({ partition }) => partition)).size).toBeGreaterThan(1)
    expect(await dataset.count({ engine })).toBe(3_000)
  })
})

describe('sortBy and top refuse at once', () => {
  type Loose = Record<'sortBy' | 'top', (...args: unknown[]) => Dataset<unknown>>
  const loose = from([{ amount: 2 }]) as unknown as Loose
  const refusal = (message: string, hint: string) =>
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message, hint }) as Error
  const comparator = (a: { amount: number }, b: { amount: number }): number => b.amount - a.amount

  it('a comparator, alone, among several keys and with a direction', () => {
    const sort = refusal(
      'sortBy takes the key of one record, not a comparator',
      "Write sortBy('amount', 'desc') or sortBy(record => record.amount, 'desc').",
    )
    for (const keys of [comparator, ['amount', comparator], { by: comparator, direction: 'asc' }])
      expect(() => loose.sortBy(keys)).toThrow(sort)
    const top = refusal(
      'top takes the key of one record, not a comparator',
      "Write top(3, 'amount', 'desc') or top(3, record => record.amount, 'desc').",
    )
    expect(() => loose.top(3, comparator)).toThrow(top)
    expect(() => loose.top(3, [{ by: comparator }])).toThrow(top)
  })

  it('what is no direction, and say what it may have been meant to be', () => {
    const wrong = (verb: string, not: string) => `${verb}: direction must be one of asc, desc, not ${not}`
    expect(() => loose.sortBy('k', 'v')).toThrow(
      refusal(wrong('sortBy', '"v"'), "To order by several keys, write sortBy(['k', 'v'])."),
    )
    expect(() => loose.sortBy((row: { k: string }) => row.k, 'v')).toThrow(
      refusal(wrong('sortBy', '"v"'), "To order by several keys, write sortBy(['first', 'second'])."),
    )
    expect(() => loose.top(2, 'k', 'v')).toThrow(
      refusal(wrong('top', '"v"'), "To order by several keys, write top(2, ['k', 'v'])."),
    )
    expect(() => loose.top(2, 'value', { direction: 'asc' })).toThrow(
      refusal(wrong('top', 'an object'), "Write top(2, 'value', 'asc')."),
    )
    expect(() => loose.sortBy('value', { direction: 'desc' })).toThrow(
      refusal(wrong('sortBy', 'an object'), "Write sortBy('value', 'desc')."),
    )
    expect(() => loose.sortBy('value', 'DESC')).toThrow(
      refusal(wrong('sortBy', '"DESC"'), "Write sortBy('value', 'desc')."),
    )
  })
})
