/** A shuffle object is a valid Arrow file with the rows of each partition side by side, spilled or not. */
import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Batch,
  DunlinError,
  decodeArrowFile,
  decodeSlice,
  type Partitioning,
  recordsOf,
} from '../../../operators/index.ts'
import { dataKey } from '../../../src/shuffle/keys.ts'
import { sliceCrc } from '../../../src/shuffle/slice-entry.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { Body, ObjectStore } from '../../../src/store/object-store.ts'
import { bytesOf, piecesOf } from '../../../src/store/request.ts'
import type { FinishedOutput } from '../../../src/task/task-output.ts'
import { datasets, readBack } from '../../operators/batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../../operators/batch/batch-of.ts'
import { type ExchangeShape, FROM, outputOf, taskEvent } from '../shuffle/exchange-of.ts'

const TASK = 5
const KEY = dataKey('j', FROM, taskEvent(TASK))
const hash = (partitions: number): Partitioning => ({ kind: 'hash', keys: 'all', partitions })

async function keysIn(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}

async function finished(
  shape: ExchangeShape,
  batches: readonly Batch[],
  kind?: 'result',
): Promise<FinishedOutput & { readonly rows: number; readonly spilledBytes: number }> {
  const { output, runs } = outputOf(shape, TASK, kind)
  for (const batch of batches) await output.push(batch)
  const end = await output.finish()
  await runs.close()
  return { ...end, rows: output.rows, spilledBytes: runs.spilledBytes }
}

/** The records of each slice, after checking its CRC32 and rows. */
async function slicesOf(
  store: ObjectStore,
  { schema, slices }: FinishedOutput,
): Promise<Map<number, unknown[]>> {
  const contents = new Map<number, unknown[]>()
  for (const { partition, entry } of slices) {
    const bytes = await store.get(KEY, { offset: entry.offset, length: entry.byteLength })
    assert.equal(sliceCrc([bytes], { stage: FROM, task: TASK, partition }), entry.crc32)
    const records = decodeSlice(schema!, bytes).flatMap(recordsOf)
    assert.equal(records.length, entry.rows)
    contents.set(partition, records)
  }
  return contents
}

describe('a shuffle object', () => {
  it('holds the same rows in each partition for any budget, and is an Arrow file', async () => {
    await fc.assert(
      fc.asyncProperty(
        datasets.filter(records => records.length > 0),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 4000 }),
        async (records, size, partitions, budgetBytes) => {
          const batches = batchesOf(records, size)
          const shape = { partitioning: hash(partitions), partitions }
          const store = new MemoryStore({ name: 'spilled' })
          const directStore = new MemoryStore({ name: 'direct' })
          const spilled = await finished({ ...shape, store, budgetBytes }, batches)
          const direct = await finished({ ...shape, store: directStore }, batches)
          const contents = await slicesOf(store, spilled)
          assert.deepEqual(contents, await slicesOf(directStore, direct))
          assert.deepEqual([spilled.rows, spilled.schema, spilled.puts], [records.length, direct.schema, 1])
          const file = await store.get(KEY)
          assert.equal(file.length, spilled.bytesOut)
          const rows = decodeArrowFile(file).batches.flatMap(recordsOf)
          assert.deepEqual(rows, [...contents.values()].flat())
          assert.equal(rows.length, readBack(records).length)
          assert.deepEqual(await keysIn(store), [KEY])
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is written as it is read from runs, in pieces, and other libraries open it', async () => {
    const store = new MemoryStore({ name: 'large' })
    let largest = 0
    const watched: ObjectStore = Object.assign(Object.create(store) as ObjectStore, {
      uri: store.uri,
      put: () => assert.fail('put needs the whole object in memory'),
      async writer(key: string) {
        const writer = await store.writer(key)
        return {
          ...writer,
          write: (bytes: Body) => {
            largest = Math.max(largest, bytesOf(piecesOf(bytes)))
            return writer.write(bytes)
          },
        }
      },
      get: store.get.bind(store),
      stream: store.stream.bind(store),
      delete: store.delete.bind(store),
    })
    const records = Array.from({ length: 300_000 }, (_, id) => ({ id, text: `row ${id}` }))
    const shape = { store: watched, partitioning: hash(64), partitions: 64, budgetBytes: 1 << 20 }
    const written = await finished(shape, batchesOf(records, 50_000))
    expect(written.spilledBytes).toBeGreaterThan(5 << 20)
    expect(largest).toBeLessThanOrEqual(1 << 20)
    const table = tableFromIPC(await store.get(KEY))
    expect(table.numRows).toBe(300_000)
    // Small batches were joined: fewer than there were runs.
    expect(table.batches.length).toBeLessThan(3 * 64)
    const contents = [...(await slicesOf(store, written)).values()].flat() as { id: number }[]
    expect(new Set(contents.map(record => record.id)).size).toBe(300_000)
  })

  it('of a result carries the CRC32 of the whole file, direct and spilled', async () => {
    for (const budgetBytes of [1000, Number.POSITIVE_INFINITY]) {
      const store = new MemoryStore({ name: 'result' })
      const batches = batchesOf(
        Array.from({ length: 5000 }, (_, i) => i),
        700,
      )
      const { part, rows } = await finished(
        { store, partitioning: { kind: 'gather' }, partitions: 1, budgetBytes },
        batches,
        'result',
      )
      const file = await store.get(KEY)
      expect(part).toEqual({ key: KEY, rows: 5000, bytes: file.length, crc32: crc32(file) })
      expect(rows).toBe(5000)
      expect(decodeArrowFile(file).batches.flatMap(recordsOf)).toEqual(
        Array.from({ length: 5000 }, (_, i) => i),
      )
    }
  })

  it('without rows is not written', async () => {
    const store = new MemoryStore({ name: 'empty' })
    const end = await finished({ store, partitioning: hash(3), partitions: 3 }, [])
    expect(end).toMatchObject({ schema: null, slices: [], bytesOut: 0, puts: 0, rows: 0 })
    expect(await keysIn(store)).toEqual([])
  })

  it('counts the rows that replicate wrote', async () => {
    const store = new MemoryStore({ name: 'replicas' })
    const splitters = batchOf(
      [1, 2, 3].map(row => ({ key: new Uint8Array(0), task: 0, row })),
      {
        shape: 'object',
        fields: [
          { name: 'key', type: { kind: 'binary' } },
          { name: 'task', type: { kind: 'number', width: 'float64' } },
          { name: 'row', type: { kind: 'number', width: 'float64' } },
        ],
      },
    )
    const partitioning: Partitioning = {
      kind: 'range',
      keys: [],
      partitions: 4,
      splitters: 1,
      replicate: true,
    }
    const { rows, slices } = await finished({ store, partitioning, partitions: 4, splitters }, [
      batchOf(['a', 'b']),
    ])
    expect(rows).toBe(8)
    expect(slices.map(slice => slice.entry.rows)).toEqual([2, 2, 2, 2])
  })
})

describe('an output that ends early', () => {
  const batches = batchesOf(
    Array.from({ length: 20_000 }, (_, i) => i),
    3000,
  )

  it('leaves nothing after abort: before finish, and after', async () => {
    for (const finish of [false, true]) {
      const store = new MemoryStore({ name: 'abort' })
      const { output } = outputOf({ store, partitioning: hash(5), partitions: 5, budgetBytes: 20_000 }, TASK)
      for (const batch of batches) await output.push(batch)
      expect((await keysIn(store)).length).toBeGreaterThan(0)
      if (finish) await output.finish()
      await output.abort()
      expect(await keysIn(store)).toEqual([])
    }
  })

  it('leaves nothing when the disk is full, wherever that is noticed', async () => {
    const room = async (bytes: number): Promise<string> => {
      const store = new MemoryStore({ name: 'full' })
      let left = bytes
      const full: ObjectStore = Object.assign(Object.create(store) as ObjectStore, {
        uri: store.uri,
        async writer(key: string) {
          const writer = await store.writer(key)
          return {
            ...writer,
            write: async (piece: Body) => {
              if ((left -= bytesOf(piecesOf(piece))) < 0) throw new DunlinError('NO_SPACE', 'full')
              await writer.write(piece)
            },
          }
        },
        get: store.get.bind(store),
        delete: store.delete.bind(store),
      })
      const { output, runs } = outputOf(
        { store: full, partitioning: hash(5), partitions: 5, budgetBytes: 20_000 },
        TASK,
      )
      try {
        for (const batch of batches) await output.push(batch)
        await output.finish()
        return 'written'
      } catch (error) {
        await output.abort()
        await runs.close()
        expect(await keysIn(store)).toEqual([])
        return (error as DunlinError).code
      }
    }
    for (const bytes of [0, 50_000, 160_000, 200_000, 300_000]) expect(await room(bytes)).toBe('NO_SPACE')
    expect(await room(1_000_000)).toBe('written')
  })
})
