/** PartitionedRows is an array of arrays, whatever its budget is, and leaves no run behind. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BATCH_ROWS, type Batch } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { sameSchema } from '../../../operators/batch/schema.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import type { RunStore } from '../../../operators/operator.ts'
import { rowsByPartition } from '../../../operators/partition/counting-order.ts'
import { PartitionedRows } from '../../../operators/spill/partitioned-rows.ts'
import { datasets, readBack } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { MemoryRuns } from './memory-runs.ts'

const OPERATOR = 'Join test'
const UNLIMITED = Number.POSITIVE_INFINITY

const make = (partitions: number, budgetBytes: number, runs: RunStore = new MemoryRuns()): PartitionedRows =>
  new PartitionedRows({ partitions, budgetBytes, runs, operator: OPERATOR })

/** Row i of the batch goes to partition `ids[i]`. */
function pushByIds(
  rows: PartitionedRows,
  batch: Batch,
  ids: readonly number[],
  partitions: number,
): void | Promise<void> {
  const { order, ends } = rowsByPartition(Uint32Array.from(ids), batch.length, partitions)
  return rows.push(batch, order, ends)
}

async function batchesIn(rows: PartitionedRows, partition: number): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const batch of rows.batches(partition)) batches.push(batch)
  return batches
}

const numbers = (length: number, partitions: number): { batch: Batch; ids: number[] } => ({
  batch: batchOf(Array.from({ length }, (_, i) => i)),
  ids: Array.from({ length }, (_, i) => i % partitions),
})

const budgets = fc.oneof(
  fc.constant(UNLIMITED),
  fc.integer({ min: 0, max: 2000 }),
  fc.integer({ min: 0, max: 20_000 }),
)

describe('rows divided among partitions', () => {
  test('come out of each in the order pushed, under one schema, for any budget', async () => {
    let spilled = 0
    await fc.assert(
      fc.asyncProperty(
        datasets,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 6 }),
        budgets,
        fc.infiniteStream(fc.nat()),
        async (records, size, partitions, budgetBytes, choices) => {
          const runs = new MemoryRuns()
          const rows = make(partitions, budgetBytes, runs)
          const places = records.map(() => choices.next().value % partitions)
          let at = 0
          for (const batch of batchesOf(records, size)) {
            await pushByIds(rows, batch, places.slice(at, at + batch.length), partitions)
            assert.ok(rows.sizeBytes <= budgetBytes)
            at += batch.length
          }
          if (rows.spilled) spilled++
          const model: unknown[][] = Array.from({ length: partitions }, () => [])
          for (const [row, record] of readBack(records).entries()) model[places[row]!]!.push(record)
          assert.equal(rows.rows, records.length)
          // Partitions are read in any order.
          for (const p of [...model.keys()].reverse()) {
            assert.equal(rows.rowsOf(p), model[p]!.length)
            const batches = await batchesIn(rows, p)
            assert.deepEqual(batches.flatMap(recordsOf), model[p])
            for (const batch of batches) assert.ok(sameSchema(batch.schema, rows.schema!))
          }
          assert.equal(rows.sizeBytes, 0)
          assert.equal(runs.live, 0)
        },
      ),
      { numRuns: 300 },
    )
    expect(spilled).toBeGreaterThan(50)
  })

  test('may stand in several partitions, and several times in one', async () => {
    for (const budget of [0, UNLIMITED]) {
      const rows = make(3, budget)
      await rows.push(batchOf(['a', 'b', 'c']), Int32Array.of(2, 0, 0, 1, 2, 2), Int32Array.of(2, 3, 6))
      const contents = [0, 1, 2].map(async p => (await batchesIn(rows, p)).flatMap(recordsOf))
      expect(await Promise.all(contents)).toEqual([['c', 'a'], ['a'], ['b', 'c', 'c']])
      expect(rows.rows).toBe(6)
    }
  })

  test('all go to one partition by pushTo, in turn with others', async () => {
    const large = batchOf(Array.from({ length: 20_000 }, (_, i) => `${i}`))
    for (const budget of [1000, 100_000, UNLIMITED]) {
      const runs = new MemoryRuns()
      const rows = make(2, budget, runs)
      await pushByIds(rows, batchOf(['first', 'other']), [1, 0], 2)
      await rows.pushTo(1, large)
      await rows.pushTo(1, batchOf(['small']))
      await pushByIds(rows, batchOf(['last']), [1], 2)
      const strings = (await batchesIn(rows, 1)).flatMap(recordsOf)
      expect(strings.slice(0, 3)).toEqual(['first', '0', '1'])
      expect(strings.slice(-3)).toEqual(['19999', 'small', 'last'])
      expect(strings.length).toBe(20_003)
      await rows.close()
      expect(runs.live).toBe(0)
    }
  })

  test.each([
    { what: 'rows', batch: batchOf(Array<boolean>(50_000).fill(true)), most: BATCH_ROWS },
    { what: 'bytes', batch: numbers(50_000, 1).batch, most: (256 << 10) / 8 },
  ])('are cut into batches of a number of $what', async ({ batch, most }) => {
    const rows = make(2, UNLIMITED)
    for (let i = 0; i < 3; i++) pushByIds(rows, batch, Array<number>(50_000).fill(1), 2)
    const batches = await batchesIn(rows, 1)
    const full = Math.floor(150_000 / most)
    expect(batches.map(({ length }) => length)).toEqual([...Array(full).fill(most), 150_000 - full * most])
    expect(batches.flatMap(recordsOf)).toEqual(Array(3).fill(recordsOf(batch)).flat())
    for (const { columns } of batches) {
      const { values } = columns[0] as { values?: Float64Array }
      // The memory of a full batch, and no more.
      if (values !== undefined) expect(values.buffer.byteLength).toBe(256 << 10)
    }
  })

  test('refuse types that cannot meet, and name the operator', async () => {
    const rows = make(2, UNLIMITED)
    pushByIds(rows, batchOf([{ a: 1 }]), [0], 2)
    expect(() => pushByIds(rows, batchOf([{ a: 'x' }]), [0], 2)).toThrow(
      expect.objectContaining({ code: 'TYPE_MISMATCH', place: { operator: OPERATOR } }),
    )
  })

  test('without rows there is no schema, no batch and no run', async () => {
    const runs = new MemoryRuns()
    const rows = make(2, 0, runs)
    await rows.push({ ...batchOf([1]), length: 0 }, new Int32Array(0), Int32Array.of(0, 0))
    await rows.spill()
    expect(rows.schema).toBeNull()
    expect(await batchesIn(rows, 0)).toEqual([])
    expect(runs.objects).toBe(0)
  })
})

describe('the budget', () => {
  test('a push that keeps within it returns no promise', () => {
    const { batch, ids } = numbers(1000, 4)
    const rows = make(4, 100_000)
    expect(pushByIds(rows, batch, ids, 4)).toBeUndefined()
    expect(pushByIds(make(4, 1000), batch, ids, 4)).toBeInstanceOf(Promise)
  })

  test('counts what the rows take, and what each batch takes besides', () => {
    const records = Array.from({ length: 1000 }, (_, i) => ({ n: i, s: `row ${i}` }))
    const batch = batchOf(records)
    const few = make(3, UNLIMITED)
    pushByIds(
      few,
      batch,
      records.map((_, i) => i % 3),
      3,
    )
    const once = few.sizeBytes
    expect(once - batchBytes(batch)).toBeGreaterThan(0)
    expect(once - batchBytes(batch)).toBeLessThan(10_000)
    pushByIds(
      few,
      batch,
      records.map((_, i) => i % 3),
      3,
    )
    expect(few.sizeBytes - once).toBeGreaterThan(batchBytes(batch) - 100)
    const many = make(1000, UNLIMITED)
    pushByIds(
      many,
      batch,
      records.map((_, i) => i),
      1000,
    )
    expect(many.sizeBytes).toBeGreaterThan(500_000)
    const all = [...Array(1000).keys()].reduce((sum, p) => sum + many.bytesOf(p), 0)
    expect(all).toBeGreaterThanOrEqual(batchBytes(batch) - 4)
    expect(all).toBeLessThan(50_000)
  })

  test('a batch that alone exceeds it is taken in pieces', async () => {
    const runs = new MemoryRuns()
    const most: number[] = []
    const watched: RunStore = {
      open: () => {
        most.push(rows.sizeBytes)
        return runs.open()
      },
    }
    const budget = 80_000
    const rows = make(7, budget, watched)
    const { batch, ids } = numbers(100_000, 7)
    await pushByIds(rows, batch, ids, 7)
    await rows.pushTo(3, batch)
    expect(most.length).toBeGreaterThanOrEqual(8)
    // Up to a piece more than the budget, and what the seven open batches take.
    expect(Math.max(...most.slice(0, -1))).toBeLessThan(1.3 * budget + 7 * 1000)
    expect(rows.rowsOf(3)).toBe(114_286)
    await rows.close()
    expect(runs.live).toBe(0)
  })

  test('of 256 partitions each spill is one object, small batches come back joined', async () => {
    const runs = new MemoryRuns()
    const rows = make(256, 1 << 20, runs)
    const batch = batchOf(Array.from({ length: 50_000 }, (_, i) => ({ i, text: `number ${i}` })))
    const ids = Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 256)
    for (let i = 0; i < 4; i++) await pushByIds(rows, batch, ids, 256)
    expect(runs.objects).toBeGreaterThanOrEqual(4)
    expect(runs.runs).toBe(256 * runs.objects)
    let seen = 0
    for (let p = 0; p < 256; p++) {
      const batches = await batchesIn(rows, p)
      expect(batches.length).toBe(1)
      for (const record of batches.flatMap(recordsOf) as { i: number }[]) {
        expect((record.i * 7919) % 256).toBe(p)
        seen++
      }
    }
    expect(seen).toBe(200_000)
    expect(runs.live).toBe(0)
  })
})

describe('what is left', () => {
  test('is discarded by close: unread runs, and those half read', async () => {
    const runs = new MemoryRuns()
    const rows = make(3, 10_000, runs)
    const { batch, ids } = numbers(5000, 3)
    for (let i = 0; i < 3; i++) await pushByIds(rows, batch, ids, 3)
    await batchesIn(rows, 1)
    for await (const _ of rows.batches(2)) break
    expect(runs.live).toBeGreaterThan(0)
    await rows.close()
    expect([runs.live, rows.sizeBytes]).toEqual([0, 0])
    await rows.close()
  })

  test('is nothing after a run that could not be written', async () => {
    for (const failing of ['write', 'close'] as const) {
      const runs = new MemoryRuns()
      let written = 0
      const rows = make(3, 10_000, {
        async open() {
          const writer = await runs.open()
          return {
            ...writer,
            [failing]: (batch: Batch) => {
              if (++written >= (failing === 'write' ? 5 : 2)) throw new Error('full')
              return failing === 'write' ? writer.write(batch) : writer.close()
            },
          }
        },
      })
      const { batch, ids } = numbers(5000, 3)
      await expect(
        (async () => {
          for (let i = 0; i < 3; i++) await pushByIds(rows, batch, ids, 3)
        })(),
      ).rejects.toThrow('full')
      await rows.close()
      expect(runs.live).toBe(0)
    }
  })
})
