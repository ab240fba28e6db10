/** The first rows of a sort are the same for any budget, which they keep. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { RunStore } from '../../../operators/operator.ts'
import { Top } from '../../../operators/sort/top.ts'
import type { SortKeySpec } from '../../../operators/spec.ts'
import { readBack } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { keyedDatasets } from './arbitrary-keys.ts'
import { compareRecords } from './order-model.ts'
import { recordsOfAll } from './sorting.ts'

interface TopTest {
  readonly keys: readonly SortKeySpec[]
  readonly rows: number
  readonly budgetBytes?: number
  readonly runs?: RunStore
  /** After each batch. */
  readonly seen?: (top: Top) => void
}

async function topBatches(batches: Iterable<Batch>, options: TopTest): Promise<Batch[]> {
  const { keys, rows, budgetBytes = Number.POSITIVE_INFINITY, runs = new MemoryRuns(), seen } = options
  const top = new Top({ keys, rows, operator: 'Top by test', env: { budgetBytes, runs } })
  const given: Batch[] = []
  try {
    for (const batch of batches) {
      await top.push(0, batch)
      seen?.(top)
    }
    await top.end(0, batch => {
      given.push(batch)
    })
  } finally {
    await top.close()
  }
  return given
}

const topOf = async (batches: Iterable<Batch>, options: TopTest): Promise<unknown[]> =>
  recordsOfAll(await topBatches(batches, options))

const BY_K: readonly SortKeySpec[] = [{ column: 'k', direction: 'asc', nulls: 'last' }]

test('are those of the model, whatever the budget', async () => {
  let runsWritten = 0
  await fc.assert(
    fc.asyncProperty(
      keyedDatasets,
      fc.integer({ min: 1, max: 20 }),
      fc.nat({ max: 50 }),
      fc.constantFrom(1, 300, 2000, 10_000, Number.POSITIVE_INFINITY),
      async ({ records, keys }, size, rows, budgetBytes) => {
        const all = readBack(records)
        const model = records
          .map((record, row) => ({ record, row }))
          .toSorted((a, b) => compareRecords(keys)(a.record, b.record))
          .slice(0, rows)
          .map(({ row }) => all[row])
        const runs = new MemoryRuns()
        assert.deepEqual(await topOf(batchesOf(records, size), { keys, rows, budgetBytes, runs }), model)
        assert.equal(runs.live, 0)
        runsWritten += runs.runs
      },
    ),
    { numRuns: 1000 },
  )
  expect(runsWritten).toBeGreaterThan(250)
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
  test.each(Object.keys(SHAPES))('%s, earlier rows first where keys tie', async shape => {
    const records = Array.from({ length: ROWS }, (_, row) => ({ k: SHAPES[shape]!(row), row }))
    const model = records.toSorted((a, b) => a.k - b.k)
    const batches = batchesOf(records, 700)
    for (const rows of [1, 10, 3000]) {
      for (const budgetBytes of [20_000, 1_000_000, Number.POSITIVE_INFINITY]) {
        const runs = new MemoryRuns()
        const first = await topOf(batches, { keys: BY_K, rows, budgetBytes, runs })
        expect(first).toEqual(model.slice(0, rows))
        expect(runs.live).toBe(0)
        // A few rows are held whatever the budget; many are not.
        expect(runs.runs > 0).toBe(rows === 3000 && budgetBytes === 20_000)
      }
    }
  })

  test('of one batch that is larger than batches are', async () => {
    const records = Array.from({ length: 200_000 }, (_, row) => ({ k: (row * 7919) % 200_000 }))
    for (const budgetBytes of [1, Number.POSITIVE_INFINITY]) {
      const first = await topOf([batchOf(records)], { keys: BY_K, rows: 3, budgetBytes })
      expect(first).toEqual([{ k: 0 }, { k: 1 }, { k: 2 }])
    }
  })
})

describe('of rows that are wide', () => {
  const WIDE = 20_000
  const wide = (row: number, rows: number): unknown => ({
    k: (row * 7919) % rows,
    text: String.fromCharCode(97 + (row % 26)).repeat(WIDE),
  })
  const budgetBytes = 1 << 20

  test.each([
    { rows: 5, spills: false },
    { rows: 400, spills: true },
  ])('the first $rows are given within the budget', async ({ rows, spills }) => {
    const ROWS = 1009
    const batches = function* (): Generator<Batch> {
      for (let row = 0; row < ROWS; row += 4)
        yield batchOf(Array.from({ length: Math.min(4, ROWS - row) }, (_, i) => wide(row + i, ROWS)))
    }
    const runs = new MemoryRuns()
    let most = 0
    const given = await topBatches(batches(), {
      keys: BY_K,
      rows,
      budgetBytes,
      runs,
      seen: top => {
        most = Math.max(most, top.sizeBytes)
      },
    })
    const records = recordsOfAll(given) as { k: number; text: string }[]
    expect(records.map(({ k }) => k)).toEqual(Array.from({ length: rows }, (_, k) => k))
    expect(records.every(({ text }) => text.length === WIDE)).toBe(true)
    expect(most).toBeLessThanOrEqual(budgetBytes)
    expect(most).toBeGreaterThan(budgetBytes / 4)
    expect(runs.runs > 0).toBe(spills)
    expect(runs.live).toBe(0)
  })

  test('each run keeps no more rows than are asked for', async () => {
    const runs = new MemoryRuns()
    const batches = Array.from({ length: 50 }, (_, i) => batchOf([0, 1, 2, 3].map(j => ({ k: -4 * i - j }))))
    const first = await topOf(batches, { keys: BY_K, rows: 2, budgetBytes: 1, runs })
    expect(first).toEqual([{ k: -199 }, { k: -198 }])
    expect(runs.runs).toBeGreaterThan(0)
    // Of 200 rows that all came before those before them: two of each batch, and two of each two that are merged.
    expect(runs.rows).toBeLessThan(200)
  })
})

test('no rows are asked for, and none are given', async () => {
  expect(await topOf([batchOf([{ k: 1 }])], { keys: BY_K, rows: 0 })).toEqual([])
  expect(await topOf([], { keys: BY_K, rows: 5 })).toEqual([])
})

describe('columns', () => {
  test('of rows that are not among the first are columns of the result', async () => {
    const parts = [batchOf([{ k: 1 }, { k: 2 }, { k: 1 }]), batchOf([{ k: 9, more: 'x' }])]
    for (const budgetBytes of [1, Number.POSITIVE_INFINITY]) {
      const first = await topOf(parts, { keys: BY_K, rows: 2, budgetBytes })
      expect(first).toEqual([
        { k: 1, more: null },
        { k: 1, more: null },
      ])
    }
  })

  test('to sort by may be those of such rows only', async () => {
    const keys: readonly SortKeySpec[] = [{ column: 'k', direction: 'asc', nulls: 'first' }]
    const parts = [batchOf([{ a: 1 }, { a: 2 }, { a: 3 }]), batchOf([{ k: 9, a: 4 }])]
    for (const budgetBytes of [1, Number.POSITIVE_INFINITY]) {
      expect(await topOf(parts, { keys, rows: 1, budgetBytes })).toEqual([{ a: 1, k: null }])
    }
  })

  test('that no row has are named', async () => {
    for (const budgetBytes of [1, Number.POSITIVE_INFINITY]) {
      const runs = new MemoryRuns()
      await expect(
        topOf([batchOf([{ kk: 1 }])], { keys: BY_K, rows: 5, budgetBytes, runs }),
      ).rejects.toMatchObject({
        code: 'UNKNOWN_COLUMN',
        place: { operator: 'Top by test' },
      })
      expect(runs.live).toBe(0)
    }
  })
})
