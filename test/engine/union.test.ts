import { count, from, range } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

describe('a union', () => {
  let place: Workplace
  beforeAll(async () => {
    place = await workplace()
  })
  afterAll(() => place.close())

  it('with a global aggregation in one branch gives its one row once, whatever tasks the others have', async () => {
    const engine = place.engine()
    const one = range(10)
      .aggregate({ n: count() })
      .map(row => row.n)
    const rows = await one.union(range(9_000)).collect({ engine })
    expect(rows.length).toBe(9_001)
    expect(rows.slice(0, 3)).toEqual([10, 0, 1])
  })

  it('of empty branches is empty, and of itself twice as long', async () => {
    const engine = place.engine()
    const none = from<number>([])
    expect(await none.union(none).collect({ engine })).toEqual([])
    const some = range(3).map(n => n * n)
    expect(await some.union(some, none).collect({ engine })).toEqual([0, 1, 4, 0, 1, 4])
  })

  it('take gives the first rows of the first branch', async () => {
    const engine = place.engine()
    const rows = range(100_000).union(range(5))
    expect(await rows.take(3, { engine })).toEqual([0, 1, 2])
    expect(await range(2).union(range(5)).take(4, { engine })).toEqual([0, 1, 0, 1])
  })
})
