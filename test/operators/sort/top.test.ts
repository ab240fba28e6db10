/** The first rows of a sort, in memory for twice as many. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { Top } from '../../../operators/sort/top.ts'
import type { SortKeySpec } from '../../../operators/spec.ts'
import { readBack } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { keyedDatasets } from './arbitrary-keys.ts'
import { compareRecords } from './order-model.ts'
import { recordsOfAll } from './sorting.ts'

function topOf(batches: Iterable<Batch>, keys: readonly SortKeySpec[], rows: number): unknown[] {
  const top = new Top({ keys, rows, operator: 'Top by test' })
  for (const batch of batches) top.push(batch)
  const given: Batch[] = []
  top.finish(batch => given.push(batch))
  return recordsOfAll(given)
}

const BY_K: readonly SortKeySpec[] = [{ column: 'k', direction: 'asc', nulls: 'last' }]

test('are those of the model', () => {
  fc.assert(
    fc.property(
      keyedDatasets,
      fc.integer({ min: 1, max: 20 }),
      fc.nat({ max: 50 }),
      ({ records, keys }, size, rows) => {
        const all = readBack(records)
        const model = records
          .map((record, row) => ({ record, row }))
          .toSorted((a, b) => compareRecords(keys)(a.record, b.record))
          .slice(0, rows)
          .map(({ row }) => all[row])
        assert.deepEqual(topOf(batchesOf(records, size), keys, rows), model)
      },
    ),
    { numRuns: 500 },
  )
})

describe('of many more rows than are asked for', () => {
  const ROWS = 50_000
  const SHAPES: Readonly<Record<string, (row: number) => number>> = {
    descending: row => -row,
    ascending: row => row,
    scattered: row => (row * 7919) % ROWS,
    'all equal': () => 7,
    'few values': row => (row * 7919) % 5,
  }
  test.each(Object.keys(SHAPES))('%s, earlier rows first where keys tie', shape => {
    const records = Array.from({ length: ROWS }, (_, row) => ({ k: SHAPES[shape]!(row), row }))
    const model = records.toSorted((a, b) => a.k - b.k)
    const batches = batchesOf(records, 700)
    for (const rows of [1, 10, 3000]) {
      expect(topOf(batches, BY_K, rows)).toEqual(model.slice(0, rows))
    }
  })

  test('of one batch that is larger than batches are', () => {
    const records = Array.from({ length: 200_000 }, (_, row) => ({ k: (row * 7919) % 200_000 }))
    expect(topOf([batchOf(records)], BY_K, 3)).toEqual([{ k: 0 }, { k: 1 }, { k: 2 }])
  })
})

test('no rows are asked for, and none are given', () => {
  expect(topOf([batchOf([{ k: 1 }])], BY_K, 0)).toEqual([])
  expect(topOf([], BY_K, 5)).toEqual([])
})

test('a column that no row has is named', () => {
  expect(() => topOf([batchOf([{ kk: 1 }])], BY_K, 5)).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_COLUMN', place: { operator: 'Top by test' } }),
  )
})
