/** The order that RowSorter gives is the stable order of the keys, and its work is linear in them whatever they are. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EncodedKeys } from '../../../operators/sort/order-key.ts'
import { batchOfRef, type RowRange, rowOfRef, rowRef } from '../../../operators/sort/row-ref.ts'
import { RowSorter } from '../../../operators/sort/row-sorter.ts'

const keysOf = (rows: readonly Uint8Array[]): EncodedKeys => {
  const offsets = new Int32Array(rows.length + 1)
  rows.forEach((row, i) => {
    offsets[i + 1] = offsets[i]! + row.length
  })
  return { bytes: Buffer.concat(rows), offsets }
}

/** Ranges of up to `size` rows each; every batch has rows around its range that are not meant. */
function rangesOf(rows: readonly Uint8Array[], size: number): RowRange[] {
  const around = Buffer.from('not meant')
  const ranges: RowRange[] = []
  for (let at = 0; at < rows.length; at += size) {
    const some = rows.slice(at, at + size)
    ranges.push({ keys: keysOf([around, ...some, around]), from: 1, to: 1 + some.length })
  }
  return ranges
}

function modelOrder(ranges: readonly RowRange[]): number[] {
  const all = ranges.flatMap(({ keys, from, to }, batch) =>
    Array.from({ length: to - from }, (_, i) => ({
      ref: rowRef(batch, from + i),
      key: Buffer.from(keys.bytes.subarray(keys.offsets[from + i], keys.offsets[from + i + 1])),
    })),
  )
  return all.toSorted((a, b) => Buffer.compare(a.key, b.key)).map(row => row.ref)
}

const sorted = (ranges: readonly RowRange[], sorter = new RowSorter()): number[] => {
  const inOrder = ranges.flatMap(({ from, to }, batch) =>
    Array.from({ length: to - from }, (_, i) => rowRef(batch, from + i)),
  )
  return [...(sorter.sort(ranges) ?? inOrder)]
}

test('a row is a number, whatever its batch', () => {
  for (const [batch, row] of [
    [0, 0],
    [1, 65_535],
    [65_535, 7],
  ] as const) {
    expect([batchOfRef(rowRef(batch, row)), rowOfRef(rowRef(batch, row))]).toEqual([batch, row])
  }
})

describe('the order is that of a stable sort', () => {
  const byte = fc.constantFrom(0, 1, 2, 255)
  const key = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.array(byte, { maxLength: 20 }).map(bytes => Uint8Array.from(bytes)),
    fc.nat({ max: 30 }).map(length => new Uint8Array(length)),
    fc
      .tuple(fc.constantFrom('https://example.org/a/', 'https://example.org/b/'), fc.nat({ max: 50 }))
      .map(p => Buffer.from(p.join(''))),
  )

  test('for keys of any bytes and lengths', () => {
    let rows = 0
    const sorter = new RowSorter()
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 300, size: 'max' }),
        fc.integer({ min: 1, max: 100 }),
        (keys, size) => {
          const ranges = rangesOf(keys, size)
          assert.deepEqual(sorted(ranges, sorter), modelOrder(ranges))
          rows += keys.length
        },
      ),
      { numRuns: 400 },
    )
    expect(rows).toBeGreaterThan(20_000)
  })
})

/** A generator of numbers that is the same on every run (xorshift32). */
function numbers(seed: number): () => number {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

const ROWS = 51_000
const random = numbers(7)
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random() & 255)
const number = (value: number, length = 8): Buffer => {
  const buffer = Buffer.alloc(length)
  buffer.writeUIntBE(value, length - 6, 6)
  return buffer
}
const HOT = Array.from({ length: 20 }, () => bytes(10))
const SHAPES: Readonly<Record<string, (row: number) => Uint8Array>> = {
  uniform: () => bytes(10),
  'all equal': () => HOT[0]!,
  '20 hot keys and others': () => (random() & 1 ? HOT[random() % 20]! : bytes(10)),
  'two keys': () => HOT[random() & 1]!,
  sorted: row => number(row),
  reversed: row => number(ROWS - row),
  'sorted but for the last': row => number(row === ROWS - 1 ? 0 : row),
  'steps that share all high bits': () => number(random() & 0xfff, 40),
  'a shared prefix of 60 bytes': () => Buffer.concat([new Uint8Array(60), bytes(4)]),
  'prefixes of each other': row => new Uint8Array(row % 50),
  'bits one at a time': () => number(2 ** (random() % 48)),
  'powers, dense at the low end': () => number(Math.floor(2 ** (47 * (random() / 2 ** 32)))),
  'groups of 17, one more than is inserted': row => Buffer.concat([number(row % (ROWS / 17)), bytes(3)]),
  'organ pipe': row => number(Math.min(row, ROWS - row)),
  empty: () => new Uint8Array(0),
}

describe('no order of keys is slow', () => {
  test.each(Object.keys(SHAPES))('%s', shape => {
    const rows = Array.from({ length: ROWS }, (_, row) => SHAPES[shape]!(row))
    const ranges = rangesOf(rows, 20_000)
    const sorter = new RowSorter()
    const order = sorter.sort(ranges)
    const { windows, comparisons } = sorter.work
    if (order !== null) assert.deepEqual([...order], modelOrder(ranges))
    else expect(sorted(ranges)).toEqual(modelOrder(ranges))
    // Windows: a few rounds for each six bytes of the keys. Comparisons: of groups of up to 16 only.
    const keyBytes = rows.reduce((sum, row) => sum + row.length, 0)
    expect(windows).toBeLessThan(3 * ROWS + 2 * keyBytes)
    expect(comparisons).toBeLessThan(8 * ROWS)
  })
})
