/** Equal keys hash alike wherever and however they are held, and different ones spread evenly. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { ColumnType } from '../../../operators/batch/column-type.ts'
import { concatBatches, sliceBatch } from '../../../operators/batch/take.ts'
import { hashRows } from '../../../operators/partition/hash.ts'
import { hashBytes } from '../../../operators/partition/murmur.ts'
import { partitionOf } from '../../../operators/partition/partitioner.ts'
import { objects, scalars } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'

function hashes(batch: Batch, keys: readonly string[] | 'all'): number[] {
  const out = new Uint32Array(batch.length)
  hashRows(batch, keys, out)
  return [...out]
}

const hashOf = (value: unknown, type?: ColumnType): number => {
  const schema =
    type === undefined ? undefined : ({ shape: 'scalar', fields: [{ name: 'value', type }] } as const)
  return hashes(batchOf([value], schema), ['value'])[0]!
}

describe('murmur3', () => {
  // The published vectors of MurmurHash3_x86_32.
  test.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('of %j with seed %i', (text, seed, hash) => {
    const bytes = Buffer.from(`..${text}`)
    expect(hashBytes(bytes, 2, bytes.length, seed) >>> 0).toBe(hash)
  })
})

describe('equal keys', () => {
  test.each<[unknown, unknown]>([
    [0, -0],
    [1, 1n],
    [-(2 ** 60), -(2n ** 60n)],
    [2 ** 53, 2n ** 53n],
    [Number.NaN, new Float64Array(Uint8Array.of(1, 0, 0, 0, 0, 0, 0xf8, 0xff).buffer)[0]],
  ])('%s and %s', (a, b) => {
    expect(hashOf(a)).toBe(hashOf(b))
  })

  test('in columns of any number type', () => {
    for (const width of ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32'] as const) {
      expect(hashOf(7, { kind: 'number', width })).toBe(hashOf(7))
    }
    expect(hashOf(7, { kind: 'int64', as: 'number' })).toBe(hashOf(7))
  })

  test('null, missing, and null in a column without a type', () => {
    const [untyped] = hashes(batchOf([{ k: null }]), ['k'])
    const [missing, there, typed] = hashes(batchOf([{}, { k: 'x' }, { k: null }]), ['k'])
    expect(missing).toBe(untyped)
    expect(typed).toBe(untyped)
    expect(there).not.toBe(untyped)
  })

  test('whatever batch they are in and whatever else is in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(objects, scalars).filter(r => r.length > 0),
        fc.integer({ min: 1, max: 9 }),
        (records, size) => {
          const apart = batchesOf(records, size)
          const together = concatBatches(apart)
          assert.deepEqual(
            hashes(together, 'all'),
            apart.flatMap(batch => hashes(batch, 'all')),
          )
          for (const { name } of apart[0]!.schema.fields) {
            const [first] = apart
            assert.deepEqual(hashes(first!, [name]), hashes(sliceBatch(together, 0, first!.length), [name]))
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('of whole records do not depend on the order of the columns', () => {
    expect(hashes(batchOf([{ a: 1, b: { x: 'y', z: null } }]), 'all')).toEqual(
      hashes(batchOf([{ b: { x: 'y' }, a: 1 }]), 'all'),
    )
  })
})

describe('different keys', () => {
  test('of different kinds, order or place differ', () => {
    const values = [
      0,
      1,
      '1',
      '',
      null,
      true,
      false,
      new Date(1),
      Uint8Array.of(49),
      [1],
      [],
      [[]],
      [null],
      {},
      { a: 1 },
      { b: 1 },
      { a: '1' },
    ]
    const all = values.map(value => hashes(batchOf([{ k: value }]), ['k'])[0])
    expect(new Set(all).size).toBe(values.length)
    const [ab, ba] = [
      hashes(batchOf([{ a: 1, b: 2 }]), ['a', 'b']),
      hashes(batchOf([{ a: 1, b: 2 }]), ['b', 'a']),
    ]
    expect(ab).not.toEqual(ba)
    expect(hashes(batchOf([{ a: 1, b: null }]), 'all')).not.toEqual(
      hashes(batchOf([{ a: null, b: 1 }]), 'all'),
    )
  })

  test('wide integers that share a float64 differ', () => {
    expect(hashOf(2n ** 53n + 1n)).not.toBe(hashOf(2n ** 53n))
  })

  test.each([
    ['small integers', (i: number) => i],
    ['words', (i: number) => `word${i}`],
    ['steps of 1024', (i: number) => i * 1024],
    ['bigints', (i: number) => BigInt(i) << 20n],
  ])('spread evenly: %s', (_, valueAt) => {
    const rows = 32_000
    const partitions = 16
    const counts = new Array<number>(partitions).fill(0)
    const batch = batchOf(Array.from({ length: rows }, (_, i) => valueAt(i)))
    for (const hash of hashes(batch, ['value'])) counts[partitionOf(hash, partitions)]!++
    // Five standard deviations of a binomial distribution.
    const mean = rows / partitions
    const allowed = 5 * Math.sqrt(mean * (1 - 1 / partitions))
    for (const count of counts) expect(Math.abs(count - mean)).toBeLessThan(allowed)
  })
})

test('hashes are part of the format: these never change', () => {
  const values = [
    0,
    1,
    -1.5,
    Number.NaN,
    2n ** 62n + 1n,
    '',
    'dunlin',
    'Strandläufer',
    true,
    null,
    new Date(0),
    Uint8Array.of(1, 2, 3),
  ]
  expect(values.map(value => hashOf(value).toString(16))).toMatchInlineSnapshot(`
    [
      "c9931d52",
      "684fab32",
      "6aaeff99",
      "651f779e",
      "825591d5",
      "e4bf9b5a",
      "3a5e7268",
      "8e518a2f",
      "2ed924b",
      "14f54438",
      "bcc6df5f",
      "5a763063",
    ]
  `)
  expect(hashes(batchOf([{ a: [1, null, 'x'.length], b: { c: 'y' } }]), 'all')).toMatchInlineSnapshot(`
    [
      2372290155,
    ]
  `)
})

test('partitions are shares of the hash range: all within bounds, for the least and greatest hash', () => {
  for (const n of [1, 2, 3, 1000, 100_000]) {
    expect(partitionOf(0, n)).toBe(0)
    expect(partitionOf(0xffff_ffff, n)).toBe(n - 1)
  }
})

test('a key that is not there is named, with the columns there are and the likely one', () => {
  expect(() => hashes(batchOf([{ country: 'x', amount: 1 }]), ['contry'])).toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_COLUMN',
      message: 'there is no column "contry" to divide the rows by',
      hint: 'Did you mean "country"? The columns are country, amount.',
    }),
  )
})
