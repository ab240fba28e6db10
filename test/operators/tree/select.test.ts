/** select: columns kept and renamed. */
import { describe, expect, it } from 'vitest'
import { batchesOf, Functions, INPUT, recordsIn, runChain } from './run-chain.ts'

const env = new Functions().env()
const select = (records: readonly unknown[], columns: Record<string, string>, sizes?: readonly number[]) => {
  const spec = {
    op: 'select',
    input: INPUT,
    columns: Object.entries(columns).map(([as, from]) => ({ from, as })),
  } as const
  return recordsIn(runChain([spec], env, batchesOf(records, sizes)))
}

describe('select', () => {
  it('keeps columns in the order given, under new names, twice if asked', () => {
    expect(select([{ a: 1, b: 'x', c: true }], { c: 'c', first: 'a', again: 'a' })).toEqual([
      { c: true, first: 1, again: 1 },
    ])
  })

  it('makes objects of scalars and pairs', () => {
    expect(select([1, 2], { n: 'value' })).toEqual([{ n: 1 }, { n: 2 }])
    expect(select([['a', 1]], { count: 'value', word: 'key' })).toEqual([{ count: 1, word: 'a' }])
  })

  it('gives null for a column that only other records have, wherever batches end', () => {
    for (const sizes of [[1], [2]])
      expect(select([{ a: 1 }, { b: 2 }], { b: 'b' }, sizes)).toEqual([{ b: null }, { b: 2 }])
  })

  it('names a column that no record has, and the one that was probably meant', () => {
    expect(() =>
      select(
        [
          { user: 1, amount: 2 },
          { user: 3, note: 4 },
        ],
        { x: 'amuont' },
        [1],
      ),
    ).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_COLUMN',
        message: 'Select amuont as x: there is no column "amuont"; the records have user, amount, note',
        hint: 'Did you mean "amount"?',
      }),
    )
  })

  it('does not complain where there are no records', () => {
    expect(select([], { x: 'y' })).toEqual([])
  })
})
