/** KeyTable: the same ids as a Map gives, from strings, bytes and numbers, also under made-up collisions. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyTable } from '../../../operators/aggregate/key-table.ts'
import { hashOfWords } from '../../../operators/aggregate/word-table.ts'

const table = () =>
  new KeyTable({
    refuse: value => {
      throw new TypeError(`refused ${typeof value}`)
    },
    newNested: () => {},
  })

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 9 }),
  fc.constantFrom(
    '',
    'a',
    'a\0',
    '\0',
    '\0\0',
    'é',
    'x'.repeat(15),
    'x'.repeat(16),
    'ÿ'.repeat(7),
    'ÿ'.repeat(8),
  ),
)

/** What a Map tells apart as the table must. */
function mapKey(value: unknown): unknown {
  if (value === undefined) return null
  if (value instanceof Date) return `date ${value.getTime()}`
  if (value instanceof Uint8Array) return `bytes ${value.join()}`
  return value
}

describe('a key table', () => {
  it('gives ids in order of first appearance, as a Map would, for values of any kind', () => {
    const value = fc.oneof(
      text,
      fc.double(),
      fc.integer({ min: -3, max: 3 }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.boolean(),
      fc.constantFrom(null, undefined, 0, -0, Number.NaN, 1n, 1, '1', true),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array({ maxLength: 20 }),
    )
    fc.assert(
      fc.property(fc.array(value, { maxLength: 200 }), values => {
        const keys = table()
        const ids = new Map<unknown, number>()
        for (const one of [...values, ...values]) {
          const key = mapKey(one)
          if (!ids.has(key)) ids.set(key, ids.size)
          expect(keys.ofValue(one)).toBe(ids.get(key))
        }
        expect(keys.size).toBe(ids.size)
      }),
      { numRuns: 500 },
    )
  })

  it('gives strings back as their bytes, and finds the same string in bytes', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 100 }), strings => {
        const keys = table()
        for (const one of strings) {
          const id = keys.ofString(one)
          const bytes = Buffer.from(one)
          const around = Buffer.concat([
            Buffer.from('é!'),
            bytes,
            Buffer.from('more bytes than a word holds'),
          ])
          expect(keys.ofUtf8(around, 3, 3 + bytes.length)).toBe(id)
          expect(keys.ofUtf8(bytes, 0, bytes.length)).toBe(id)
          const copy = Buffer.alloc(keys.byteLengthOf(id))
          keys.copyBytes(id, copy, 0)
          expect(copy.equals(bytes)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('gives numbers back', () => {
    fc.assert(
      fc.property(fc.double(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (number, integer) => {
        const keys = table()
        expect(keys.numberOf(keys.ofNumber(number))).toBe(number + 0)
        expect(keys.int64Of(keys.ofInt64(integer))).toBe(integer)
      }),
    )
  })

  it('tells lists and objects apart by their values, not by the order or presence of null fields', () => {
    const keys = table()
    const id = keys.ofValue({ a: [1, -0], b: null })
    expect(keys.ofValue({ a: [1, 0] })).toBe(id)
    expect(keys.ofValue({ c: undefined, a: [1, 0] })).toBe(id)
    expect(keys.ofValue({ a: [0, 1] })).not.toBe(id)
    expect(keys.ofValue({ a: ['1', 0] })).not.toBe(id)
    expect(keys.ofValue({ a: Float64Array.of(1, 0) })).not.toBe(id)
    expect(keys.ofValue([])).not.toBe(keys.ofValue({}))
    expect(keys.ofValue([null])).not.toBe(keys.ofValue([]))
  })

  it('holds lists and objects with 0 for −0, so that it does not matter which came first', () => {
    const keys = table()
    const list = [-0, { a: -0 }, Float64Array.of(-0)]
    const held = keys.nestedOf(keys.ofValue(list))
    expect(held).toEqual([0, { a: 0 }, Float64Array.of(0)])
    expect(list).toEqual([-0, { a: -0 }, Float64Array.of(-0)])
  })

  it('takes no new key once it was frozen, until it was cleared', () => {
    const keys = table()
    const words = ['a', 'é'.repeat(20), 'b']
    const values = [null, true, 7, 8n, new Date(9), Uint8Array.of(1), [1], { a: 1 }, ...words]
    const others = [false, 6, 9n, new Date(8), Uint8Array.of(2), [2], { b: 1 }, 'c', 'ü'.repeat(20)]
    const ids = values.map(value => keys.ofValue(value))
    keys.freeze()
    const size = keys.sizeBytes
    for (const other of others) expect(keys.ofValue(other)).toBe(-1)
    expect(keys.ofPair(-1, 0)).toBe(-1)
    expect(values.map(value => keys.ofValue(value))).toEqual(ids)
    expect(keys.sizeBytes).toBe(size)
    keys.clear()
    expect(keys.ofValue('c')).toBe(0)
  })

  it('holds many keys, and none after it was cleared', () => {
    const keys = table()
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 50_000; i++)
        expect(keys.ofString(`key ${i} ${'of many letters'.repeat(i % 3)}`)).toBe(i)
      for (let i = 0; i < 50_000; i += 99)
        expect(keys.ofString(`key ${i} ${'of many letters'.repeat(i % 3)}`)).toBe(i)
      keys.clear()
      expect(keys.size).toBe(0)
    }
  })

  it('refuses what no column can hold', () => {
    const keys = table()
    for (const value of [
      new Map(),
      () => 1,
      Symbol('s'),
      '\ud800',
      `${'x'.repeat(20)}\udc00`,
      2n ** 63n,
      new Date(Number.NaN),
    ]) {
      expect(() => keys.ofValue(value)).toThrow('refused')
    }
  })
})

describe('made-up collisions', () => {
  it('cost a bounded number of steps each', () => {
    // 12-byte keys that all have the hash 1: with a search of the whole cluster, so many of them take minutes.
    const count = 100_000
    const bytes = Buffer.alloc(16)
    const keys = table()
    for (let round = 0; round < 2; round++) {
      // In the second round the table has been frozen and cleared.
      for (let i = 0; i < count; i++) {
        bytes.writeInt32LE(firstWord(1, i, 0, 12 << 24), 0)
        bytes.writeInt32LE(i, 4)
        if (hashOfWords(bytes.readInt32LE(0), i, 0, 12 << 24) !== 1) throw new Error('no collision')
        if (keys.ofUtf8(bytes, 0, 12) !== i) throw new Error(`key ${i} has another id`)
      }
      keys.freeze()
      expect(keys.ofUtf8(bytes, 0, 12)).toBe(count - 1)
      bytes.writeInt32LE(firstWord(1, count, 0, 12 << 24), 0)
      bytes.writeInt32LE(count, 4)
      expect(keys.ofUtf8(bytes, 0, 12)).toBe(-1)
      keys.clear()
    }
  })
})

/** The first word with which the others have this hash: every step of the hash can be undone. */
function firstWord(hash: number, k1: number, k2: number, k3: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, inverse(0xc2b2ae35))
  h = h ^ (h >>> 13) ^ (h >>> 26)
  h = Math.imul(h, inverse(0x85ebca6b))
  h ^= h >>> 16
  h ^=
    Math.imul(k1 ^ (k1 >>> 15), 0x85ebca6b) ^
    Math.imul(k2 ^ (k2 >>> 13), 0xc2b2ae35) ^
    Math.imul(k3 ^ (k3 >>> 16), 0x27d4eb2f)
  return Math.imul(h, inverse(0x9e3779b1))
}

/** Of an odd number, modulo 2^32 (Newton's iteration). */
function inverse(odd: number): number {
  let x = odd
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x))
  return x
}
