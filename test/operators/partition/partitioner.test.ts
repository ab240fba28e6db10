/** The partitioner divides rows as an array of arrays would, and loses none. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BATCH_ROWS } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { sameSchema } from '../../../operators/batch/schema.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import { hashRows } from '../../../operators/partition/hash.ts'
import { type Partitioned, Partitioner, partitionOf } from '../../../operators/partition/partitioner.ts'
import type { Partitioning } from '../../../operators/spec.ts'
import { datasets, readBack } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'

const hash = (partitions: number, keys: readonly string[] | 'all' = 'all'): Partitioning => ({
  kind: 'hash',
  keys,
  partitions,
})
const make = (partitioning: Partitioning, partitions: number): Partitioner =>
  new Partitioner({ partitioning, partitions, operator: 'Map test' })

const contents = ({ partitions }: Partitioned): unknown[][] =>
  partitions.map(batches => batches.flatMap(recordsOf))

describe('hash partitioning', () => {
  test('is the array model: each row in its hash’s partition, in the order pushed, under one schema', () => {
    fc.assert(
      fc.property(
        datasets.filter(r => r.length > 0),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 7 }),
        (records, size, partitions) => {
          const batches = batchesOf(records, size)
          const partitioner = make(hash(partitions), partitions)
          for (const batch of batches) partitioner.push(batch)
          const result = partitioner.finish()

          const whole = concatBatches(batches)
          const hashes = new Uint32Array(whole.length)
          hashRows(whole, 'all', hashes)
          const model: unknown[][] = Array.from({ length: partitions }, () => [])
          for (const [row, record] of readBack(records).entries()) {
            model[partitionOf(hashes[row]!, partitions)]!.push(record)
          }
          assert.deepEqual(contents(result), model)
          assert.equal(partitioner.rows, records.length)
          for (const batch of result.partitions.flat()) assert.ok(sameSchema(batch.schema, result.schema!))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('brings equal keys together across batches, tasks and column types', () => {
    const one = make(hash(50, ['k']), 50)
    const other = make(hash(50, ['k']), 50)
    for (let i = 0; i < 100; i++) one.push(batchOf([{ k: i, from: 'one' }]))
    other.push(batchOf(Array.from({ length: 100 }, (_, i) => ({ from: 'other', k: BigInt(i) }))))
    const keys = (p: Partitioner): unknown[] =>
      contents(p.finish()).map(rows => rows.map(row => Number((row as { k: number | bigint }).k)))
    expect(keys(one)).toEqual(keys(other))
  })

  test('does not depend on batch boundaries, even where a batch lacks the key', () => {
    const records = [{ a: 1 }, { a: 2 }, { a: 3, k: 'x' }, { k: 'y', a: 4 }, { a: 5 }]
    const divide = (size: number): unknown[][] => {
      const partitioner = make(hash(4, ['k']), 4)
      for (const batch of batchesOf(records, size)) partitioner.push(batch)
      return contents(partitioner.finish())
    }
    const whole = divide(5)
    for (const size of [1, 2, 3]) {
      expect(divide(size).map(rows => rows.map(r => (r as { a: number }).a))).toEqual(
        whole.map(rows => rows.map(r => (r as { a: number }).a)),
      )
    }
  })

  test('refuses a key that no batch has, with what there is', () => {
    for (const partitions of [1, 3]) {
      const partitioner = make(hash(partitions, ['contry']), partitions)
      partitioner.push(batchOf([{ country: 'x' }]))
      expect(() => partitioner.finish()).toThrow(
        expect.objectContaining({
          code: 'UNKNOWN_COLUMN',
          hint: 'Did you mean "country"? The columns are country.',
          place: { operator: 'Map test' },
        }),
      )
    }
  })

  test('refuses types that cannot meet, and names the operator', () => {
    const partitioner = make(hash(3), 3)
    partitioner.push(batchOf([{ a: 1 }]))
    expect(() => partitioner.push(batchOf([{ a: 'x' }]))).toThrow(
      expect.objectContaining({ code: 'TYPE_MISMATCH', place: { operator: 'Map test' } }),
    )
  })

  test('cuts batches at the usual number of rows', () => {
    const partitioner = make(hash(2), 2)
    const rows = Array.from({ length: 50_000 }, () => 7)
    for (let i = 0; i < 3; i++) partitioner.push(batchOf(rows))
    const lengths = partitioner
      .finish()
      .partitions.flat()
      .map(batch => batch.length)
    expect(lengths).toEqual([BATCH_ROWS, BATCH_ROWS, 150_000 - 2 * BATCH_ROWS])
  })

  test('counts bytes as it goes', () => {
    const partitioner = make(hash(3), 3)
    const batch = batchOf(Array.from({ length: 1000 }, (_, i) => ({ n: i, s: `row ${i}` })))
    partitioner.push(batch)
    const once = partitioner.sizeBytes
    expect(Math.abs(once - batchBytes(batch))).toBeLessThan(100)
    partitioner.push(batch)
    expect(partitioner.sizeBytes - once).toBeGreaterThan(batchBytes(batch) - 100)
  })
})

describe('none and gather', () => {
  test.each(['none', 'gather'] as const)(
    '%s keeps everything in the first partition, without copying',
    kind => {
      const partitioner = make({ kind }, 3)
      const batches = batchesOf([1, 2, 3, 4, 5], 2)
      for (const batch of batches) partitioner.push(batch)
      const { partitions, schema } = partitioner.finish()
      expect(partitions.map(p => p.length)).toEqual([3, 0, 0])
      for (const [i, batch] of partitions[0]!.entries()) expect(batch.columns[0]).toBe(batches[i]!.columns[0])
      expect(schema).toBe(batches[0]!.schema)
    },
  )

  test('cast early batches to what later ones bring', () => {
    const partitioner = make({ kind: 'gather' }, 1)
    partitioner.push(batchOf([{ a: null }]))
    partitioner.push(batchOf([{ b: 'x', a: 1 }]))
    expect(contents(partitioner.finish())).toEqual([
      [
        { a: null, b: null },
        { a: 1, b: 'x' },
      ],
    ])
  })
})

test('no rows: no schema, and every partition empty', () => {
  for (const partitioning of [hash(2, ['k']), { kind: 'none' }, { kind: 'gather' }] as const) {
    expect(make(partitioning, 2).finish()).toEqual({ schema: null, partitions: [[], []] })
  }
})
