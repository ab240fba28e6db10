import { type Dataset, from } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row } from './table-model.ts'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

describe('a join that cannot be', () => {
  const left = from([
    { k: 'a', n: 1 },
    { k: null, n: 2 },
    { k: 'b', n: 3 },
  ])
  const right = from([
    { k: 'b', n: 10 },
    { k: null, n: 20 },
    { k: 'c', n: 30 },
  ])

  it('says which names clash and which columns there are not', async () => {
    const engine = place.engine({ isolation: 'inline' })
    type Loose = (other: unknown, options?: unknown) => Dataset<Row>
    const join = (options?: unknown, other: unknown = right) =>
      (left.join as unknown as Loose).call(left, other, options)
    await expect(join({ on: 'k' }).count({ engine })).rejects.toMatchObject({ code: 'NAME_CLASH' })
    await expect(join({ on: 'x', suffix: '_r' }).count({ engine })).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
    })
    await expect(join({ on: { k: 'n' }, suffix: '_r' }).count({ engine })).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
    })
    for (const options of [
      undefined,
      {},
      { on: '' },
      { on: [] },
      { on: {} },
      { on: ['k', 'k'] },
      { on: { k: 'n', n: 'n' } },
      { on: 3 },
      { on: 'k', how: 'outer' },
      { on: 'k', how: 'cross' },
      { on: 'k', how: 'semi', suffix: '_r' },
      { on: 'k', suffix: '' },
      { on: 'k', strategy: 'merge' },
      { on: 'k', broadcastBytes: -1 },
      { on: 'k', divideSkew: 'true' },
      { on: 'k', how: 'full', strategy: 'broadcast' },
      { on: 'k', how: 'full', divideSkew: true },
      { how: 'cross', strategy: 'exchange' },
      { on: 'k', sufix: '_r' },
    ]) {
      expect(() => join(options), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
      )
    }
    expect(() => join({ on: 'k' }, [{ k: 'a' }])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
    )
  })
})
