/** Runs come back as they were written, over any store, and nothing of them stays. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type Batch, batchBytes, DunlinError, type Run, recordsOf } from '../../../operators/index.ts'
import { rowsByPartition } from '../../../operators/partition/counting-order.ts'
import { PartitionedRows } from '../../../operators/spill/partitioned-rows.ts'
import type { StageId } from '../../../planner/index.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { bytesOf, piecesOf } from '../../../src/store/request.ts'
import { StoreRuns } from '../../../src/task/run-store.ts'
import { datasets, readBack } from '../../operators/batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../../operators/batch/batch-of.ts'

const root = mkdtempSync(join(tmpdir(), 'dunlin-runs-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const event = { job: 'j', stage: 3 as StageId, task: 7, attempt: 2, nonce: '0123456789abcdef' }
const runsOf = (store: ObjectStore, readAheadBytes = 1 << 20): StoreRuns =>
  new StoreRuns({ store, event, readAheadBytes })

async function keysIn(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}

async function write(runs: StoreRuns, contents: readonly (readonly Batch[])[]): Promise<readonly Run[]> {
  const writer = await runs.open()
  for (const batches of contents) {
    for (const batch of batches) await writer.write(batch)
    writer.endRun()
  }
  return writer.close()
}

async function read(run: Run): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const batch of run.batches()) batches.push(batch)
  return batches
}

const numbers = (from: number, rows: number): Batch =>
  batchOf(Array.from({ length: rows }, (_, i) => ({ id: from + i, text: `row ${from + i}` })))

/** A store of which some calls are answered otherwise. */
function changed(store: ObjectStore, changes: Partial<ObjectStore>): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(name in changes ? changes : target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describe.each([
  ['FileStore', (name: string): ObjectStore => new FileStore({ root: join(root, name) })],
  ['MemoryStore', (name: string): ObjectStore => new MemoryStore({ name })],
])('runs over a %s', (_, open) => {
  it('hold any batches, each with its own schema, in any number of runs', async () => {
    const store = open('any')
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(
            datasets.filter(d => d.length > 0),
            { maxLength: 4 },
          ),
          { maxLength: 4 },
        ),
        async contents => {
          const runs = runsOf(store)
          const batches = contents.map(run => run.map(records => batchOf(records)))
          const written = await write(runs, batches)
          assert.deepEqual(
            written.map(run => run.rows),
            contents.map(run => run.flat().length),
          )
          assert.deepEqual(
            written.map(run => run.sizeBytes),
            batches.map(run => run.reduce((sum, batch) => sum + batchBytes(batch), 0)),
          )
          for (const [r, run] of written.entries()) {
            // Any number of times.
            for (let times = 0; times < 2; times++) {
              const back = await read(run)
              assert.deepEqual(back.map(recordsOf), contents[r]!.map(readBack))
              assert.deepEqual(
                back.map(batch => batch.schema),
                batches[r]!.map(batch => batch.schema),
              )
            }
          }
          await runs.close()
          assert.deepEqual(await keysIn(store), [])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('are objects whose keys carry the attempt, and go with their last run', async () => {
    const store = open('keys')
    const runs = runsOf(store)
    const [first, second] = await write(runs, [[numbers(0, 10)], [numbers(10, 10)]])
    const [other] = await write(runs, [[numbers(20, 10)]])
    const prefix = 'jobs/j/stage-3/runs/7-2-0123456789abcdef-'
    expect(await keysIn(store)).toEqual([`${prefix}0.arrow`, `${prefix}1.arrow`])
    await first!.discard()
    await first!.discard()
    expect((await keysIn(store)).length).toBe(2)
    await second!.discard()
    expect(await keysIn(store)).toEqual([`${prefix}1.arrow`])
    expect((await read(other!)).flatMap(recordsOf).length).toBe(10)
    await runs.close()
    expect(await keysIn(store)).toEqual([])
    await runs.close()
  })

  it('leave nothing when aborted, closed while they are written, or without a run', async () => {
    const store = open('abort')
    const runs = runsOf(store)
    const aborted = await runs.open()
    await aborted.write(numbers(0, 100_000))
    await aborted.abort()
    const forgotten = await runs.open()
    await forgotten.write(numbers(0, 100_000))
    expect(await write(runs, [])).toEqual([])
    expect((await write(runs, [[], []])).map(run => run.rows)).toEqual([0, 0])
    await runs.close()
    expect(await keysIn(store)).toEqual([])
  })

  it('count what they write and read', async () => {
    const runs = runsOf(open('counts'))
    const batches = Array.from({ length: 20 }, (_, i) => numbers(i * 5000, 5000))
    const [run] = await write(runs, [batches])
    expect(runs.puts).toBe(1)
    expect(runs.spilledBytes).toBeGreaterThanOrEqual(run!.sizeBytes)
    expect(runs.spilledBytes).toBeLessThan(1.1 * run!.sizeBytes)
    expect(runs.gets).toBe(0)
    await read(run!)
    // Neither one for each batch nor all at once.
    expect(runs.gets).toBeGreaterThan(2)
    expect(runs.gets).toBeLessThanOrEqual(20)
    await runs.close()
  })

  it('that are damaged are CORRUPT by their URI, before they are decoded, and may be tried again', async () => {
    for (const at of [0, 5000, 100_000]) {
      const store = open('damaged')
      const runs = runsOf(store)
      const [run] = await write(runs, [[numbers(0, 3000), numbers(3000, 3000)]])
      const [key] = await keysIn(store)
      const bytes = await store.get(key!)
      bytes[at]! ^= 1
      await store.put(key!, bytes)
      await expect(read(run!)).rejects.toMatchObject({
        code: 'CORRUPT',
        retryable: true,
        message: expect.stringContaining(store.uri + key),
      })
      await store.delete([key!])
      await expect(read(run!)).rejects.toMatchObject({ code: 'CORRUPT', retryable: true })
      await runs.close()
    }
  })

  it('are where rows of 256 partitions go and come back from', async () => {
    const store = open('partitions')
    const runs = runsOf(store, 1 << 18)
    const rows = new PartitionedRows({ partitions: 256, budgetBytes: 1 << 19, runs, operator: 'test' })
    const records = Array.from({ length: 30_000 }, (_, id) => ({ id, text: `row ${id}` }))
    for (const batch of batchesOf(records, 4000)) {
      const own = recordsOf(batch) as { id: number }[]
      const ids = Uint32Array.from(own, ({ id }) => (id * 31) % 256)
      const { order, ends } = rowsByPartition(ids, batch.length, 256)
      await rows.push(batch, order, ends)
    }
    expect(runs.puts).toBeGreaterThan(1)
    const model: unknown[][] = Array.from({ length: 256 }, () => [])
    for (const record of records) model[(record.id * 31) % 256]!.push(record)
    for (const [p, expected] of model.entries()) {
      const batches: Batch[] = []
      for await (const batch of rows.batches(p)) batches.push(batch)
      assert.deepEqual(batches.flatMap(recordsOf), expected)
    }
    expect(await keysIn(store)).toEqual([])
  })
})

describe('reading ahead', () => {
  it('keeps all readers together within its bytes, but for one request each', async () => {
    const memory = new MemoryStore({ name: 'ahead' })
    let inFlight = 0
    let most = 0
    const store = changed(memory, {
      async get(key, range, options) {
        inFlight += range!.length
        most = Math.max(most, inFlight)
        const bytes = await memory.get(key, range, options)
        await new Promise(resolve => setImmediate(resolve))
        inFlight -= range!.length
        return bytes
      },
    })
    const contents = Array.from({ length: 8 }, (_, r) =>
      Array.from({ length: 20 }, (_, i) => numbers(r * 1e6 + i * 5000, 5000)),
    )
    const bytes = batchBytes(contents[0]![0]!)
    for (const readAheadBytes of [0, 4 * bytes, 100 * bytes]) {
      const runs = runsOf(store, readAheadBytes)
      most = 0
      const readers = (await write(runs, contents)).map(run => run.batches()[Symbol.asyncIterator]())
      for (let i = 0; i < 20; i++) {
        const heads = await Promise.all(readers.map(reader => reader.next()))
        assert.ok(heads.every(head => !head.done))
      }
      expect(most).toBeLessThan(readAheadBytes + 8 * 1.2 * bytes)
      await runs.close()
    }
  })

  it('takes small batches that stand side by side in one request', async () => {
    const runs = runsOf(new MemoryStore({ name: 'side' }), 1 << 20)
    const [run] = await write(runs, [Array.from({ length: 500 }, (_, i) => numbers(i * 10, 10))])
    expect((await read(run!)).length).toBe(500)
    expect(runs.gets).toBeLessThan(10)
  })
})

it('small batches are written together', async () => {
  const memory = new MemoryStore({ name: 'writes' })
  let writes = 0
  const store = changed(memory, {
    async writer(key, options) {
      const writer = await memory.writer(key, options)
      return {
        ...writer,
        write: bytes => {
          writes++
          return writer.write(bytes)
        },
      }
    },
  })
  const runs = runsOf(store)
  await write(runs, [Array.from({ length: 500 }, (_, i) => numbers(i * 10, 10))])
  expect(writes).toBe(1)
})

it('what was written may change afterwards', async () => {
  const runs = runsOf(new MemoryStore({ name: 'views' }))
  const writer = await runs.open()
  const values = new Float64Array(20_000).fill(1)
  const type = { kind: 'number', width: 'float64' } as const
  const schema = { shape: 'scalar', fields: [{ name: 'value', type }] } as const
  const batch: Batch = {
    schema,
    length: values.length,
    columns: [{ type, length: values.length, nullCount: 0, validity: null, values }],
  }
  await writer.write(batch)
  values.fill(2)
  writer.endRun()
  const [run] = await writer.close()
  expect(new Set((await read(run!)).flatMap(recordsOf))).toEqual(new Set([1]))
})

it('a full disk is NO_SPACE, and nothing stays', async () => {
  const memory = new MemoryStore({ name: 'full' })
  const store = changed(memory, {
    async writer(key, options) {
      const writer = await memory.writer(key, options)
      let room = 2 << 20
      return {
        ...writer,
        write: async bytes => {
          if ((room -= bytesOf(piecesOf(bytes))) < 0)
            throw new DunlinError('NO_SPACE', `no space left for ${key}`)
          await writer.write(bytes)
        },
      }
    },
  })
  const runs = runsOf(store)
  const rows = new PartitionedRows({ partitions: 3, budgetBytes: 3 << 20, runs, operator: 'test' })
  await expect(
    (async () => {
      for (let i = 0; i < 100; i++) await rows.pushTo(i % 3, numbers(i * 5000, 5000))
    })(),
  ).rejects.toMatchObject({ code: 'NO_SPACE' })
  await rows.close()
  await runs.close()
  expect(await keysIn(memory)).toEqual([])
})
