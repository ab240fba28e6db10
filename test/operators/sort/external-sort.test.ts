/** Sorting gives the stable order of the model, the same for any budget, and leaves nothing behind. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BATCH_BYTES,
  BATCH_ROWS,
  type Batch,
  type FixedBinaryColumn,
} from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import type { RunStore } from '../../../operators/operator.ts'
import { ExternalSort } from '../../../operators/sort/external-sort.ts'
import type { SortKeySpec } from '../../../operators/spec.ts'
import { readBack } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { keyedDatasets } from './arbitrary-keys.ts'
import { compareRecords } from './order-model.ts'
import { recordsOfAll, sortBatches } from './sorting.ts'

const by = (column: string, direction: 'asc' | 'desc' = 'asc'): SortKeySpec => ({
  column,
  direction,
  nulls: 'last',
})
const UNLIMITED = Number.POSITIVE_INFINITY

test('the order is that of the model, whatever the budget', async () => {
  const counts = { datasets: 0, runs: 0 }
  const budgets = [1, 300, 2000, UNLIMITED]
  await fc.assert(
    fc.asyncProperty(
      keyedDatasets,
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(...budgets),
      async ({ records, keys }, size, budgetBytes) => {
        const runs = new MemoryRuns()
        const sorted = await sortBatches(batchesOf(records, size), { keys, runs, budgetBytes })
        const model = records
          .map((record, row) => ({ record, row }))
          .toSorted((a, b) => compareRecords(keys)(a.record, b.record))
          .map(({ row }) => readBack(records)[row])
        assert.deepEqual(recordsOfAll(sorted), model)
        assert.equal(runs.live, 0)
        counts.datasets++
        counts.runs += runs.runs
      },
    ),
    { numRuns: 500 },
  )
  expect(counts.datasets).toBe(500)
  expect(counts.runs).toBeGreaterThan(250)
})

const rowsOf = (rows: number): { k: number; text: string; row: number }[] =>
  Array.from({ length: rows }, (_, row) => ({
    k: (row * 7919) % 1000,
    text: 'x'.repeat(row % 50),
    row,
  }))

describe('beyond the budget', () => {
  test('rows become runs, and many runs are merged in several passes', async () => {
    const records = rowsOf(10_000)
    const model = records.toSorted((a, b) => a.k - b.k)
    const batches = batchesOf(records, 50)
    const runsOf = async (budgetBytes: number): Promise<{ first: number; all: number; rows: number }> => {
      const runs = new MemoryRuns()
      expect(recordsOfAll(await sortBatches(batches, { keys: [by('k')], runs, budgetBytes }))).toEqual(model)
      expect(runs.live).toBe(0)
      return { first: runs.runs - runs.objects + 1, all: runs.runs, rows: runs.rows }
    }
    expect(await runsOf(UNLIMITED)).toEqual({ first: 1, all: 0, rows: 0 })
    const few = await runsOf(180_000)
    expect(few.all).toBe(few.first)
    expect(few.rows).toBeLessThan(10_000)
    const many = await runsOf(1)
    // A run a batch, merged two at a time: each row is written about log2(200) times.
    expect(many.first).toBe(200)
    expect(many.all).toBe(200 + 198)
    expect(many.rows).toBeLessThan(10_000 * 9)
  })

  test('what is counted stays within the budget, and the batches of runs are a small part of it', async () => {
    const budgetBytes = 1 << 20
    const written: number[] = []
    let held = 0
    let most = 0
    const memory = new MemoryRuns()
    const runs: RunStore = {
      open: async () => {
        const writer = await memory.open()
        return {
          ...writer,
          write: async batch => {
            written.push(batchBytes(batch))
            await writer.write(batch)
          },
          endRun: () => {
            most = Math.max(most, held)
            held = 0
            writer.endRun()
          },
        }
      },
    }
    const batches = batchesOf(rowsOf(40_000), 500)
    const seen = (function* () {
      for (const batch of batches) {
        held += batchBytes(batch)
        yield batch
      }
    })()
    await sortBatches(seen, { keys: [by('k')], runs, budgetBytes })
    expect(written.length).toBeGreaterThan(100)
    expect(most).toBeGreaterThan(budgetBytes / 3)
    expect(most).toBeLessThan(budgetBytes)
    expect(Math.max(...written)).toBeLessThanOrEqual(budgetBytes / 32)
  })

  test('equal keys keep the order of the rows over all runs', async () => {
    const records = Array.from({ length: 5000 }, (_, row) => ({ k: row % 2, row }))
    const runs = new MemoryRuns()
    const sorted = await sortBatches(batchesOf(records, 10), { keys: [by('k')], runs, budgetBytes: 2000 })
    expect(recordsOfAll(sorted)).toEqual(records.toSorted((a, b) => a.k - b.k))
    expect(runs.runs).toBeGreaterThan(10)
  })

  test('schemas may widen from run to run', async () => {
    const parts = [
      batchOf([{ k: 3 }, { k: 1 }]),
      batchOf([{ k: null, more: 'x' }, { k: 2 }]),
      batchOf([{ k: 2, more: null, list: [1] }]),
    ]
    for (const budgetBytes of [1, UNLIMITED]) {
      const runs = new MemoryRuns()
      const sorted = await sortBatches(parts, { keys: [by('k', 'desc')], runs, budgetBytes })
      expect(recordsOfAll(sorted)).toEqual([
        { k: 3, more: null, list: null },
        { k: 2, more: null, list: null },
        { k: 2, more: null, list: [1] },
        { k: 1, more: null, list: null },
        { k: null, more: 'x', list: null },
      ])
    }
  })
})

test('fixed-length records are sorted by the key within them', async () => {
  const type = { kind: 'fixedBinary', byteLength: 12 } as const
  const records = Array.from({ length: 2000 }, (_, row) => {
    const record = Buffer.alloc(12, row)
    record.writeUInt32BE((row * 7919) % 499, 4)
    return record
  })
  const batches = [0, 700, 1400].map((from): Batch => {
    const some = records.slice(from, from + 700)
    const bytes = Buffer.concat(some)
    return {
      schema: { shape: 'record', key: [4, 4], fields: [{ name: 'value', type }] },
      length: some.length,
      columns: [{ type, length: some.length, nullCount: 0, validity: null, bytes }],
    }
  })
  const model = Buffer.concat(records.toSorted((a, b) => Buffer.compare(a.subarray(4, 8), b.subarray(4, 8))))
  for (const budgetBytes of [20_000, UNLIMITED]) {
    const sorted = await sortBatches(batches, { keys: [by('key')], runs: new MemoryRuns(), budgetBytes })
    expect(sorted.every(batch => batch.schema.key?.[0] === 4)).toBe(true)
    const bytes = sorted.map(batch => (batch.columns[0] as FixedBinaryColumn).bytes)
    expect(Buffer.concat(bytes).equals(model)).toBe(true)
  }
})

describe('batches that come out', () => {
  test('are full, and no larger than batches are', async () => {
    const records = Array.from({ length: 3000 }, (_, row) => ({ k: -row, text: 'x'.repeat(row * 3) }))
    for (const budgetBytes of [1 << 20, UNLIMITED]) {
      const sorted = await sortBatches(batchesOf(records, 100), {
        keys: [by('k')],
        runs: new MemoryRuns(),
        budgetBytes,
      })
      expect(sorted.every(batch => batchBytes(batch) <= BATCH_BYTES + 100 && batch.length > 0)).toBe(true)
      expect(sorted.length).toBeLessThan(10)
    }
    const narrow = Array.from({ length: 3 * BATCH_ROWS }, (_, row) => row % 3 === 0)
    const sorted = await sortBatches([batchOf(narrow)], {
      keys: [by('value')],
      runs: new MemoryRuns(),
      budgetBytes: UNLIMITED,
    })
    expect(sorted.map(batch => batch.length)).toEqual([BATCH_ROWS, BATCH_ROWS, BATCH_ROWS])
  })

  test('are those that went in where these were in order', async () => {
    const batches = [batchOf(Array.from({ length: BATCH_ROWS }, (_, row) => row)), batchOf([1e9, 1e9 + 1])]
    const sorted = await sortBatches(batches, {
      keys: [by('value')],
      runs: new MemoryRuns(),
      budgetBytes: UNLIMITED,
    })
    expect(sorted[0]!.columns).toEqual(batches[0]!.columns)
    expect(recordsOf(sorted[1]!)).toEqual([1e9, 1e9 + 1])
  })
})

describe('errors', () => {
  const options = { keys: [by('contry')], runs: new MemoryRuns(), budgetBytes: UNLIMITED }

  test('a column that no row has is named, with the likely one', async () => {
    await expect(sortBatches([batchOf([{ country: 'x', amount: 1 }])], options)).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
      message: expect.stringContaining('no column "contry"'),
      hint: 'Did you mean "country"?',
      place: { operator: 'Sort by test' },
    })
  })

  test('without rows nothing is missed, and nothing comes out', async () => {
    expect(await sortBatches([], options)).toEqual([])
  })

  test('a column that some batches lack is null there', async () => {
    const sorted = await sortBatches([batchOf([{ a: 1 }]), batchOf([{ contry: 'x' }])], options)
    expect(recordsOfAll(sorted)).toEqual([
      { a: null, contry: 'x' },
      { a: 1, contry: null },
    ])
  })

  test('types that do not unify name the operator, and leave no run behind', async () => {
    const runs = new MemoryRuns()
    const batches = [batchOf([{ k: 1 }]), batchOf([{ k: 'x' }])]
    await expect(sortBatches(batches, { keys: [by('k')], runs, budgetBytes: 1 })).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
      place: { operator: 'Sort by test' },
    })
    expect(runs.live).toBe(0)
  })

  test('whatever fails in the middle leaves no run behind', async () => {
    const batches = batchesOf(rowsOf(400), 10)
    // Fails at the n-th use of the store or of what takes the batches, for every n until all goes well.
    let failures = 0
    for (let n = 1; ; n++) {
      const memory = new MemoryRuns()
      let uses = 0
      const use = (): void => {
        if (++uses === n) throw new Error('it failed')
      }
      const runs: RunStore = {
        open: async () => {
          use()
          const writer = await memory.open()
          const write = async (batch: Batch): Promise<void> => {
            use()
            await writer.write(batch)
          }
          const close: typeof writer.close = async () => {
            use()
            const closed = await writer.close()
            return closed.map(run => ({
              rows: run.rows,
              sizeBytes: run.sizeBytes,
              discard: () => run.discard(),
              async *batches() {
                for await (const batch of run.batches()) {
                  use()
                  yield batch
                }
              },
            }))
          }
          return { ...writer, write, close }
        },
      }
      const sort = new ExternalSort({ keys: [by('k')], operator: 'Sort', env: { runs, budgetBytes: 2000 } })
      const emit = use
      let failed = false
      try {
        for (const batch of batches) await sort.push(0, batch)
        await sort.end(0, emit)
      } catch (error) {
        expect((error as Error).message).toBe('it failed')
        failed = true
      }
      await sort.close()
      expect(memory.live).toBe(0)
      if (!failed) break
      failures++
    }
    expect(failures).toBeGreaterThan(50)
  })
})
