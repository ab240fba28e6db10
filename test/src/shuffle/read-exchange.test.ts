/** Consumers read what producers wrote: whole slices and streamed ones, of any size, checked before they are decoded. */
import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, type Partitioning, recordsOf } from '../../../operators/index.ts'
import { MessageWriter } from '../../../operators/ipc/message-writer.ts'
import { dataKey } from '../../../src/shuffle/keys.ts'
import { openExchange } from '../../../src/shuffle/read-exchange.ts'
import { streamSlice } from '../../../src/shuffle/read-slice.ts'
import { sliceSeed } from '../../../src/shuffle/slice-entry.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { datasets, readBack } from '../../operators/batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../../operators/batch/batch-of.ts'
import { consume, FROM, produce, taskEvent } from './exchange-of.ts'

/** Slices of more than 16 bytes are streamed. */
const TINY_MEMORY = 256

const numbers = (from: number, rows: number): { id: number; text: string }[] =>
  Array.from({ length: rows }, (_, i) => ({ id: from + i, text: `row ${from + i}` }))

describe('each partition', () => {
  it('has the rows of all producers in their order, whole or streamed, direct or spilled', async () => {
    await fc.assert(
      fc.asyncProperty(
        datasets.filter(records => records.length > 0),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 1000, Number.POSITIVE_INFINITY),
        fc.constantFrom(TINY_MEMORY, 1 << 30),
        async (records, size, budgetBytes, memoryBytes) => {
          const store = new MemoryStore({ name: 'property' })
          const partitioning: Partitioning = { kind: 'hash', keys: 'all', partitions: 3 }
          const batches = batchesOf(records, size)
          const tasks = batches.map(batch => [batch])
          const commits = await produce({ store, partitioning, partitions: 3, budgetBytes }, tasks)
          const read: unknown[] = []
          for (let p = 0; p < 3; p++) {
            const { batches, counters } = await consume({ store, partitioning }, p, memoryBytes)
            const rows = batches.flatMap(recordsOf)
            assert.equal(counters.exchangeRowsIn, rows.length)
            read.push(...rows)
          }
          assert.equal(read.length, records.length)
          assert.equal(
            commits.reduce((sum, commit) => sum + commit.success.rowsOut, 0),
            records.length,
          )
          const texts = (rows: readonly unknown[]): string[] =>
            rows.map(row => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))).sort()
          assert.deepEqual(texts(read), texts(readBack(records)))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('of none comes from the producer of the same number, and of broadcast is read by all', async () => {
    const tasks = [numbers(0, 1000), numbers(1000, 2000), numbers(3000, 500)]
    const store = new MemoryStore({ name: 'none' })
    for (const memoryBytes of [TINY_MEMORY, 1 << 30]) {
      const none: Partitioning = { kind: 'none' }
      await produce(
        { store, partitioning: none, partitions: 1 },
        tasks.map(records => [batchOf(records)]),
      )
      for (const [p, records] of tasks.entries()) {
        const { batches } = await consume({ store, partitioning: none }, p, memoryBytes)
        expect(batches.flatMap(recordsOf)).toEqual(records)
      }
      const broadcast: Partitioning = { kind: 'broadcast' }
      const shape = { store: new MemoryStore({ name: 'broadcast' }), partitioning: broadcast, partitions: 1 }
      await produce(
        shape,
        tasks.map(records => [batchOf(records)]),
      )
      for (const p of [0, 1, 7]) {
        const { batches, counters } = await consume(shape, p, memoryBytes)
        expect(batches.flatMap(recordsOf)).toEqual(tasks.flat())
        expect(counters.exchangeRowsIn).toBe(3500)
      }
    }
  })
})

describe('memory', () => {
  it('bounds what is fetched: large slices are streamed, one at a time, small ones a few ahead', async () => {
    const memory = new MemoryStore({ name: 'bounded' })
    const tasks = Array.from({ length: 6 }, (_, task) =>
      batchesOf(numbers(task * 40_000, task % 2 === 0 ? 40_000 : 500), 2000),
    )
    const shape = {
      store: memory,
      partitioning: { kind: 'gather' } as const,
      partitions: 1,
      budgetBytes: 100_000,
    }
    await produce(shape, tasks)
    let streams = 0
    let most = 0
    let largest = 0
    const store: ObjectStore = Object.assign(Object.create(memory) as ObjectStore, {
      uri: memory.uri,
      head: memory.head.bind(memory),
      async get(key: string, range: { offset: number; length: number }) {
        if (key.includes('/data/')) largest = Math.max(largest, range.length)
        return memory.get(key, range)
      },
      async *stream(...request: Parameters<ObjectStore['stream']>) {
        most = Math.max(most, ++streams)
        yield* memory.stream(...request)
        streams--
      },
    })
    const { batches, counters } = await consume({ store, partitioning: shape.partitioning }, 0, 4 << 20)
    expect(batches.flatMap(recordsOf)).toEqual(tasks.flatMap(t => t.flatMap(recordsOf)))
    expect(most).toBe(1)
    expect(largest).toBeLessThanOrEqual(256 << 10)
    // Head and start of the manifest, two for each of three large slices, one for each small one.
    expect(counters.gets).toBe(2 + 2 * 3 + 3)
    expect(counters.bytesIn).toBeGreaterThan(2 << 20)
  })
})

describe('a damaged slice', () => {
  const spoil = async (
    memoryBytes: number,
    changeAt: (pass: number) => boolean,
  ): Promise<{ batches: number; error: unknown }> => {
    const memory = new MemoryStore({ name: 'damaged' })
    const partitioning: Partitioning = { kind: 'gather' }
    await produce({ store: memory, partitioning, partitions: 1, budgetBytes: 100_000 }, [
      batchesOf(numbers(0, 30_000), 2000),
    ])
    let pass = 0
    const changed = (bytes: Uint8Array): Uint8Array => {
      // The last byte of the first text column is as good Arrow as any other.
      if (changeAt(pass)) bytes[bytes.length - 200]! ^= 1
      return bytes
    }
    const store: ObjectStore = Object.assign(Object.create(memory) as ObjectStore, {
      uri: memory.uri,
      head: memory.head.bind(memory),
      async get(key: string, range: { offset: number; length: number }) {
        const bytes = await memory.get(key, range)
        return key.includes('/data/') ? changed(bytes) : bytes
      },
      async *stream(...request: Parameters<ObjectStore['stream']>) {
        pass++
        for await (const piece of memory.stream(...request)) yield changed(piece)
      },
    })
    const counters = { bytesIn: 0, gets: 0, exchangeRowsIn: 0, exchangeBytesIn: 0 }
    const { signal } = new AbortController()
    const source = { job: 'j', stage: FROM, generation: 0 }
    const options = { store, source, partitioning, partition: 0, memoryBytes, signal, counters }
    let batches = 0
    try {
      for await (const _ of (await openExchange(options)).batches) batches++
    } catch (error) {
      return { batches, error }
    }
    return { batches, error: null }
  }
  const corrupt = expect.objectContaining({
    code: 'CORRUPT',
    message: expect.stringContaining(dataKey('j', FROM, taskEvent(0))),
  })

  it('is CORRUPT before a batch of it is given, whole or streamed', async () => {
    for (const memoryBytes of [TINY_MEMORY, 1 << 30]) {
      expect(await spoil(memoryBytes, () => true)).toEqual({ batches: 0, error: corrupt })
      expect(await spoil(memoryBytes, () => false)).toEqual({ batches: expect.any(Number), error: null })
    }
  })

  it('that is only damaged when it is read again fails as well', async () => {
    expect((await spoil(TINY_MEMORY, pass => pass === 2)).error).toEqual(corrupt)
  })
})

it('a slice of more than 2 GiB is read in the memory of a batch', async () => {
  const type = { kind: 'number', width: 'float64' } as const
  const schema = { shape: 'scalar', fields: [{ name: 'value', type }] } as const
  const rows = 1 << 20
  const values = new Float64Array(rows).fill(7)
  const batch: Batch = {
    schema,
    length: rows,
    columns: [{ type, length: rows, nullCount: 0, validity: null, values }],
  }
  const message = Buffer.concat(new MessageWriter().write(batch))
  const times = 260
  const byteLength = times * message.length
  expect(byteLength).toBeGreaterThan(2 ** 31)
  const owner = { stage: FROM, task: 0, partition: 0 }
  let crc = sliceSeed(owner)
  for (let i = 0; i < times; i++) crc = crc32(message, crc)
  const offset = 2 ** 33
  const store = Object.assign(Object.create(new MemoryStore({ name: 'huge' })) as ObjectStore, {
    async *stream(_key: string, range: { offset: number; length: number }) {
      assert.deepEqual(range, { offset, length: byteLength })
      for (let i = 0; i < times; i++) yield message
    },
  })
  const entry = { offset, byteLength, crc32: crc, rows: rows * times }
  const { signal } = new AbortController()
  const lost = { job: 'j', stage: 0, task: 0, generation: 0 }
  let seen = 0
  for await (const one of streamSlice({ store, key: 'x', entry, owner, lost, schema, signal }))
    seen += one.length
  expect(seen).toBe(rows * times)
})
