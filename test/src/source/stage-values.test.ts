import { describe, expect, test } from 'vitest'
import { recordsOf } from '../../../operators/batch/records.ts'
import { DunlinError } from '../../../operators/index.ts'
import type { Listing, SplitRange } from '../../../planner/index.ts'
import { type ReadCounters, readSplit } from '../../../src/source/read-split.ts'
import { stageValues } from '../../../src/source/stage-values.ts'
import { createStores } from '../../../src/store/open-stores.ts'

function setUp() {
  const stores = createStores()
  return { stores, store: stores.open('memory://job-store/'), keyPrefix: 'jobs/j1/input-0/' }
}

async function readBack(
  stores: ReturnType<typeof createStores>,
  listing: Listing,
  batchesEach = 1e9,
): Promise<unknown[]> {
  const records: unknown[] = []
  const counters: ReadCounters = { bytesIn: 0, gets: 0, invalidText: 0 }
  const signal = new AbortController().signal
  for (const { root, key, version, batches = 0 } of listing.objects) {
    for (let start = 0; start < batches; start += batchesEach) {
      const end = Math.min(batches, start + batchesEach)
      const range: SplitRange = { root, key, start, end, size: batches, version }
      for await (const batch of readSplit(
        { ranges: [range] },
        { format: 'arrow' },
        { stores, signal, counters },
      )) {
        records.push(...recordsOf(batch))
      }
    }
  }
  return records
}

describe('staging values', () => {
  test('values come back in order, by batches of at most 8,192', async () => {
    const { stores, ...to } = setUp()
    const values = Array.from({ length: 20_000 }, (_, i) => ({ i, name: `n${i}` }))
    const listing = await stageValues(values, to)
    expect(listing.objects).toEqual([
      {
        root: 'memory://job-store/',
        key: expect.stringMatching(/^jobs\/j1\/input-0\/00000-[0-9a-f]{16}\.arrow$/),
        sizeBytes: expect.any(Number),
        version: expect.stringMatching(/^[0-9a-f]{64}$/),
        batches: 3,
      },
    ])
    expect(await readBack(stores, listing)).toEqual(values)
    expect(await readBack(stores, listing, 1)).toEqual(values)
  })

  test('async iterables, generators, scalars and pairs', async () => {
    const { stores, ...to } = setUp()
    const asynchronous = (async function* () {
      yield ['a', 1]
      yield ['b', null]
    })()
    expect(await readBack(stores, await stageValues(asynchronous, to))).toEqual([
      ['a', 1],
      ['b', null],
    ])
    expect(await readBack(stores, await stageValues(new Set(['x', 'y']), to))).toEqual(['x', 'y'])
    expect(await readBack(stores, await stageValues('hé', to))).toEqual(['h', 'é'])
    expect(await stageValues([], to)).toEqual({ objects: [] })
  })

  test('many values become several files, and not one of them is held longer than its own', async () => {
    const { stores, ...to } = setUp()
    const text = 'x'.repeat(1000)
    const puts: number[] = []
    let taken = 0
    const values = (function* () {
      for (; taken < 30_000; taken++) yield { id: taken, text: taken < 20_000 ? null : text }
    })()
    const store = Object.assign(Object.create(to.store), {
      put: (...args: Parameters<typeof to.store.put>) => {
        puts.push(taken)
        return to.store.put(...args)
      },
    })
    const listing = await stageValues(values, { ...to, store })
    expect(listing.objects.length).toBe(2)
    expect(puts[0]).toBeLessThan(30_000)
    const records = await readBack(stores, listing)
    expect(records.length).toBe(30_000)
    expect(records.at(-1)).toEqual({ id: 29_999, text })
  })

  test('equal values have equal keys, others do not', async () => {
    const { stores: _stores, ...to } = setUp()
    const key = async (values: readonly unknown[]) => (await stageValues(values, to)).objects[0]!.key
    expect(await key([1, 2])).toBe(await key([1, 2]))
    expect(await key([1, 2])).not.toBe(await key([1, 3]))
  })

  test('a flipped bit is found before the decoder sees it', async () => {
    const { stores, ...to } = setUp()
    const listing = await stageValues([1, 2, 3], to)
    const { key } = listing.objects[0]!
    const bytes = await to.store.get(key)
    bytes[bytes.length >> 1]! ^= 4
    await to.store.put(key, bytes)
    await expect(readBack(stores, listing)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: `memory://job-store/${key} is not what was staged there`,
    })
  })

  test('values of two types in one column, errors of the iterable, and an aborted signal', async () => {
    const { stores: _stores, ...to } = setUp()
    await expect(stageValues([{ a: 1 }, { a: 'x' }], to)).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
      place: { operator: 'from' },
    })
    const broken = (function* () {
      yield 1
      throw new RangeError('from the iterable')
    })()
    await expect(stageValues(broken, to)).rejects.toThrow('from the iterable')
    const endless = (function* () {
      for (;;) yield 1
    })()
    const error = await stageValues(endless, { ...to, signal: AbortSignal.abort() }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(DunlinError)
    expect((error as DunlinError).code).toBe('CANCELLED')
  })
})
