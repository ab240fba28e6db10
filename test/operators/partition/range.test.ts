/** Range partitioning is counting the splitters that are not after a row's position. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import { encodeSortKeys } from '../../../operators/sort/order-key.ts'
import type { Partitioning, SortKeySpec } from '../../../operators/spec.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { divided, partitionerOf, pushAll, UNLIMITED } from './dividing.ts'

interface Position {
  readonly key: Uint8Array
  readonly task: number
  readonly row: number
}

const SPLITTERS: Schema = {
  shape: 'object',
  fields: [
    { name: 'key', type: { kind: 'binary' } },
    { name: 'task', type: { kind: 'number', width: 'float64' } },
    { name: 'row', type: { kind: 'number', width: 'float64' } },
  ],
}

const compare = (a: Position, b: Position): number =>
  Buffer.compare(a.key, b.key) || a.task - b.task || a.row - b.row

const splittersOf = (positions: readonly Position[]): Batch | null =>
  positions.length === 0 ? null : batchOf([...positions].sort(compare), SPLITTERS)

/** Where each row of a task stands. */
function positionsOf(rows: Batch, keys: readonly SortKeySpec[], task: number): Position[] {
  const { bytes, offsets } = encodeSortKeys(rows, keys)
  return Array.from({ length: rows.length }, (_, row) => ({
    key: bytes.slice(offsets[row], offsets[row + 1]),
    task,
    row,
  }))
}

const range = (keys: readonly SortKeySpec[], partitions: number, replicate?: true): Partitioning => ({
  kind: 'range',
  keys,
  partitions,
  splitters: 1,
  ...(replicate === undefined ? {} : { replicate }),
})

const by = (
  column: string,
  direction: 'asc' | 'desc' = 'asc',
  nulls: 'first' | 'last' = 'last',
): SortKeySpec => ({
  column,
  direction,
  nulls,
})

/** Few distinct values, long common beginnings, and anything. */
const value = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'prefix-long-0001', 'prefix-long-0002', 'prefix-long-00020', null),
  fc.string({ maxLength: 12 }),
)
const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double(), fc.constant(null))
const tables = fc.array(fc.record({ s: value, n: number }), { minLength: 1, maxLength: 60 })
const keyLists = fc.constantFrom<readonly SortKeySpec[]>(
  [],
  [by('s')],
  [by('n', 'desc')],
  [by('s', 'desc', 'first'), by('n')],
)

const numbered = <T extends object>(rows: readonly T[]): (T & { readonly id: number })[] =>
  rows.map((row, id) => ({ ...row, id }))

describe('range partitioning', () => {
  test('gives each row the number of splitters that are not after it, in order, for any budget', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        keyLists,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2 }), fc.integer({ min: -1, max: 1 })), {
          maxLength: 8,
        }),
        fc.constantFrom(UNLIMITED, 500),
        async (table, keys, partitions, size, choices, budgetBytes) => {
          const rows = numbered(table)
          const batches = batchesOf(rows, size)
          const positions = positionsOf(concatBatches(batches), keys, 1)
          // Positions of rows, or near them, of this task and of those before and after it.
          const splitters = choices.slice(0, partitions - 1).map(([choice, task, off]) => {
            const { key, row } = positions[choice % positions.length]!
            return { key, task, row: row + off }
          })
          const runs = new MemoryRuns()
          const partitioner = partitionerOf({
            partitioning: range(keys, partitions),
            partitions,
            budgetBytes,
            runs,
            task: 1,
            splitters: splittersOf(splitters),
          })
          await pushAll(partitioner, batches)
          const model: number[][] = Array.from({ length: partitions }, () => [])
          for (const [id, position] of positions.entries()) {
            model[splitters.filter(splitter => compare(splitter, position) <= 0).length]!.push(id)
          }
          const ids = (await divided(partitioner, partitions)).map(part =>
            part.map(r => (r as { id: number }).id),
          )
          assert.deepEqual(ids, model)
          assert.equal(partitioner.rows, rows.length)
          assert.equal(runs.live, 0)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('replicates a row to every partition that holds positions of its key', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        keyLists.filter(keys => keys.length > 0),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2 })), { maxLength: 8 }),
        fc.constantFrom(UNLIMITED, 500),
        async (table, keys, partitions, choices, budgetBytes) => {
          const rows = numbered(table)
          const positions = positionsOf(batchOf(rows), keys, 0)
          const splitters = choices.slice(0, partitions - 1).map(([choice, task]) => ({
            ...positions[choice % positions.length]!,
            task,
          }))
          const partitioner = partitionerOf({
            partitioning: range(keys, partitions, true),
            partitions,
            budgetBytes,
            splitters: splittersOf(splitters),
          })
          await pushAll(partitioner, batchesOf(rows, 7))
          const model: number[][] = Array.from({ length: partitions }, () => [])
          for (const [id, { key }] of positions.entries()) {
            const before = splitters.filter(s => Buffer.compare(s.key, key) < 0).length
            const upTo = splitters.filter(s => Buffer.compare(s.key, key) <= 0).length
            for (let p = before; p <= upTo; p++) model[p]!.push(id)
          }
          const ids = (await divided(partitioner, partitions)).map(part =>
            part.map(r => (r as { id: number }).id),
          )
          assert.deepEqual(ids, model)
          assert.equal(partitioner.rows, model.flat().length)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('one after another, the partitions of all tasks are a stable sort', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(tables, { minLength: 1, maxLength: 3 }),
        keyLists,
        fc.infiniteStream(fc.nat()),
        async (tables, keys, choices) => {
          const all = tables.flatMap((table, task) => positionsOf(batchOf(table), keys, task))
          const splitters = Array.from({ length: 4 }, () => all[choices.next().value % all.length]!)
          const parts: Position[][] = Array.from({ length: 5 }, () => [])
          for (const [task, table] of tables.entries()) {
            const partitioning = range(keys, 5)
            const partitioner = partitionerOf({
              partitioning,
              partitions: 5,
              task,
              splitters: splittersOf(splitters),
            })
            await pushAll(partitioner, [batchOf(numbered(table))])
            const own = positionsOf(batchOf(table), keys, task)
            for (const [p, rows] of (await divided(partitioner, 5)).entries()) {
              for (const row of rows) parts[p]!.push(own[(row as { id: number }).id]!)
            }
          }
          // Within a partition the sort of the next stage is stable, so (key, task, row) is its order.
          assert.deepEqual(
            parts.flatMap(part => part.sort(compare)),
            all.sort(compare),
          )
        },
      ),
      { numRuns: 150 },
    )
  })

  test('with splitters that stand evenly is even, also where one key or twenty have half of the rows', async () => {
    const ROWS = 20_000
    const PARTITIONS = 16
    const tables = {
      uniform: (i: number) => (i * 7919) % ROWS,
      equal: () => 7,
      twenty: (i: number) => (i % 2 === 0 ? i % 40 : (i * 7919) % ROWS),
      ascending: (i: number) => i,
      descending: (i: number) => -i,
    }
    for (const [name, keyOf] of Object.entries(tables)) {
      const batches = batchesOf(
        Array.from({ length: ROWS }, (_, i) => ({ k: keyOf(i) })),
        3000,
      )
      const keys = [by('k')]
      const sorted = positionsOf(concatBatches(batches), keys, 0).sort(compare)
      const splitters = Array.from(
        { length: PARTITIONS - 1 },
        (_, p) => sorted[((p + 1) * ROWS) / PARTITIONS]!,
      )
      const partitioner = partitionerOf({
        partitioning: range(keys, PARTITIONS),
        partitions: PARTITIONS,
        splitters: splittersOf(splitters),
      })
      await pushAll(partitioner, batches)
      const rows = (await divided(partitioner, PARTITIONS)).map(part => part.length)
      expect(rows, name).toEqual(Array<number>(PARTITIONS).fill(ROWS / PARTITIONS))
    }
  })

  test('without splitters everything goes to the first partition', async () => {
    for (const splitters of [
      null,
      undefined,
      { ...batchOf([{ key: new Uint8Array(1), task: 0, row: 0 }], SPLITTERS), length: 0 },
    ]) {
      const partitioner = partitionerOf({
        partitioning: range([by('k')], 3),
        partitions: 3,
        ...(splitters === undefined ? {} : { splitters }),
      })
      await pushAll(partitioner, [batchOf([{ k: 2 }, { k: 1 }])])
      expect(await divided(partitioner, 3)).toEqual([[{ k: 2 }, { k: 1 }], [], []])
    }
  })

  test('refuses more splitters than there are partitions', () => {
    const position = { key: new Uint8Array(1), task: 0, row: 0 }
    const splitters = splittersOf([position, position])
    expect(() => partitionerOf({ partitioning: range([], 2), partitions: 2, splitters })).toThrow(
      '2 splitters',
    )
  })
})
