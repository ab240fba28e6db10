/** The partitioner divides rows as an array of arrays would, and loses none. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { sameSchema } from '../../../operators/batch/schema.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import { hashRows } from '../../../operators/partition/hash.ts'
import { type Partitioner, partitionOf } from '../../../operators/partition/partitioner.ts'
import type { Partitioning } from '../../../operators/spec.ts'
import { datasets, readBack } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { divided, dividedBatches, partitionerOf, pushAll, UNLIMITED } from './dividing.ts'

const hash = (partitions: number, keys: readonly string[] | 'all' = 'all'): Partitioning => ({
  kind: 'hash',
  keys,
  partitions,
})
const make = (partitioning: Partitioning, partitions: number): Partitioner =>
  partitionerOf({ partitioning, partitions })

describe('hash partitioning', () => {
  test('is the array model: each row in its hash’s partition, in the order pushed, under one schema', async () => {
    await fc.assert(
      fc.asyncProperty(
        datasets.filter(r => r.length > 0),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(UNLIMITED, 1000, 0),
        async (records, size, partitions, budgetBytes) => {
          const batches = batchesOf(records, size)
          const runs = new MemoryRuns()
          const partitioner = partitionerOf({ partitioning: hash(partitions), partitions, budgetBytes, runs })
          await pushAll(partitioner, batches)
          const { schema } = partitioner.finish()
          const whole = concatBatches(batches)
          const hashes = new Uint32Array(whole.length)
          hashRows(whole, 'all', hashes)
          const model: unknown[][] = Array.from({ length: partitions }, () => [])
          for (const [row, record] of readBack(records).entries()) {
            model[partitionOf(hashes[row]!, partitions)]!.push(record)
          }
          for (const p of model.keys()) assert.equal(partitioner.finish().rowsOf(p), model[p]!.length)
          const parts = await dividedBatches(partitioner, partitions)
          assert.deepEqual(recordsIn(parts), model)
          assert.equal(partitioner.rows, records.length)
          for (const batch of parts.flat()) assert.ok(sameSchema(batch.schema, schema!))
          assert.equal(runs.live, 0)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('brings equal keys together across batches, tasks and column types', async () => {
    const one = make(hash(50, ['k']), 50)
    const other = make(hash(50, ['k']), 50)
    for (let i = 0; i < 100; i++) one.push(batchOf([{ k: i, from: 'one' }]))
    other.push(batchOf(Array.from({ length: 100 }, (_, i) => ({ from: 'other', k: BigInt(i) }))))
    const keys = async (p: Partitioner): Promise<unknown> =>
      (await divided(p, 50)).map(rows => rows.map(row => Number((row as { k: number | bigint }).k)))
    expect(await keys(one)).toEqual(await keys(other))
  })

  test('does not depend on batch boundaries, even where a batch lacks the key', async () => {
    const records = [{ a: 1 }, { a: 2 }, { a: 3, k: 'x' }, { k: 'y', a: 4 }, { a: 5 }]
    const divide = async (size: number): Promise<unknown> => {
      const partitioner = make(hash(4, ['k']), 4)
      await pushAll(partitioner, batchesOf(records, size))
      return (await divided(partitioner, 4)).map(rows => rows.map(r => (r as { a: number }).a))
    }
    const whole = await divide(5)
    for (const size of [1, 2, 3]) expect(await divide(size)).toEqual(whole)
  })

  test('divides fixed-length records by their key, which is no column of its own', async () => {
    const records = (length: number): Batch => ({
      schema: {
        shape: 'record',
        key: [1, 2],
        fields: [{ name: 'value', type: { kind: 'fixedBinary', byteLength: 4 } }],
      },
      length,
      columns: [
        {
          type: { kind: 'fixedBinary', byteLength: 4 },
          length,
          nullCount: 0,
          validity: null,
          bytes: Uint8Array.from({ length: 4 * length }, (_, i) =>
            i % 4 === 0 || i % 4 === 3 ? i : (i >> 2) % 5,
          ),
        },
      ],
    })
    const partitioner = make(hash(8, ['key']), 8)
    await partitioner.push(records(1000))
    const keys = (await dividedBatches(partitioner, 8)).map(batches => {
      const { bytes } = (batches[0]?.columns[0] as { bytes: Uint8Array }) ?? { bytes: new Uint8Array(0) }
      return new Set(bytes.filter((_, i) => i % 4 === 1))
    })
    expect(keys.reduce((sum, one) => sum + one.size, 0)).toBe(5)
  })

  test('refuses a key that no batch has, with what there is', async () => {
    const sorted = (column: string): Partitioning => ({
      kind: 'range',
      keys: [{ column, direction: 'asc', nulls: 'last' }],
      partitions: 3,
      splitters: 1,
    })
    for (const partitioning of [hash(1, ['contry']), hash(3, ['contry']), sorted('contry')]) {
      const partitioner = make(partitioning, partitioning.kind === 'hash' ? partitioning.partitions : 3)
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

  test('spills where its budget ends, and close leaves nothing', async () => {
    const runs = new MemoryRuns()
    const partitioner = partitionerOf({ partitioning: hash(3), partitions: 3, budgetBytes: 100_000, runs })
    const batch = batchOf(Array.from({ length: 10_000 }, (_, i) => i))
    expect(partitioner.push(batch)).toBeUndefined()
    expect(partitioner.finish().spilled).toBe(false)
    for (let i = 0; i < 3; i++) await partitioner.push(batch)
    expect(partitioner.sizeBytes).toBeLessThanOrEqual(100_000)
    expect(partitioner.finish().spilled).toBe(true)
    expect(runs.live).toBeGreaterThan(0)
    await partitioner.close()
    expect(runs.live).toBe(0)
  })
})

describe.each(['none', 'gather', 'broadcast'] as const)('%s', kind => {
  test('keeps everything in the first partition, large batches without copying', async () => {
    const partitioner = make({ kind }, 3)
    const records = Array.from({ length: 50_000 }, (_, i) => i)
    const batches = batchesOf(records, 20_000)
    await pushAll(partitioner, batches)
    const parts = await dividedBatches(partitioner, 3)
    expect(parts.map(p => p.length)).toEqual([3, 0, 0])
    for (const [i, batch] of parts[0]!.entries()) expect(batch.columns[0]).toBe(batches[i]!.columns[0])
    expect(partitioner.finish().schema).toBe(batches[0]!.schema)
  })

  test('joins small batches, and casts early ones to what later ones bring', async () => {
    const partitioner = make({ kind }, 1)
    partitioner.push(batchOf([{ a: null }]))
    partitioner.push(batchOf([{ b: 'x', a: 1 }]))
    partitioner.push(batchOf([{ b: 'y', a: 2 }]))
    const [batches] = await dividedBatches(partitioner, 1)
    expect(recordsIn([batches!])).toEqual([
      [
        { a: null, b: null },
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    ])
    expect(batches!.length).toBe(2)
  })
})

test('no rows: no schema, and every partition empty', async () => {
  for (const partitioning of [hash(2, ['k']), { kind: 'none' }, { kind: 'gather' }] as const) {
    const partitioner = make(partitioning, 2)
    expect(partitioner.finish()).toMatchObject({ schema: null, spilled: false })
    expect(await divided(partitioner, 2)).toEqual([[], []])
  }
})

const recordsIn = (parts: readonly (readonly Batch[])[]): unknown[][] =>
  parts.map(batches => batches.flatMap(recordsOf))
