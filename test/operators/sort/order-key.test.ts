/** Encoded keys: memcmp has the order of the rows, whatever the columns are made of. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { castBatch } from '../../../operators/batch/cast.ts'
import type { ColumnType, Schema } from '../../../operators/batch/column-type.ts'
import { unifySchemas } from '../../../operators/batch/schema.ts'
import { compareEncoded, type EncodedKeys, encodeSortKeys } from '../../../operators/sort/order-key.ts'
import type { SortKeySpec } from '../../../operators/spec.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { keyedDatasets } from './arbitrary-keys.ts'
import { compareRecords } from './order-model.ts'

const VALUE: SortKeySpec = { column: 'value', direction: 'asc', nulls: 'last' }

const bytesOf = ({ bytes, offsets }: EncodedKeys, row: number): Buffer =>
  Buffer.from(bytes.subarray(offsets[row], offsets[row + 1]))
const hex = (batch: Batch, keys: readonly SortKeySpec[] = [VALUE]): string[] => {
  const encoded = encodeSortKeys(batch, keys)
  return Array.from({ length: batch.length }, (_, row) => bytesOf(encoded, row).toString('hex'))
}
const scalar = (type: ColumnType): Schema => ({ shape: 'scalar', fields: [{ name: 'value', type }] })

test('memcmp of encodings is the order of the rows', () => {
  let pairs = 0
  fc.assert(
    fc.property(keyedDatasets, fc.integer({ min: 1, max: 20 }), ({ records, keys }, size) => {
      const rows = batchesOf(records, size).flatMap(batch => {
        const encoded = encodeSortKeys(batch, keys)
        return Array.from({ length: batch.length }, (_, row) => ({ encoded, row }))
      })
      const compare = compareRecords(keys)
      for (let i = 0; i < rows.length; i++) {
        for (let j = i; j < rows.length; j++) {
          const [a, b] = [rows[i]!, rows[j]!]
          const order = Math.sign(compare(records[i], records[j]))
          const memcmp = Buffer.compare(bytesOf(a.encoded, a.row), bytesOf(b.encoded, b.row))
          assert.equal(memcmp, order, `memcmp of rows ${i} and ${j}`)
          assert.equal(Math.sign(compareEncoded(a.encoded, a.row, b.encoded, b.row)), order)
          pairs++
        }
      }
    }),
    { numRuns: 1500 },
  )
  expect(pairs).toBeGreaterThan(50_000)
})

test('encodings stay what they are when the batch is cast to the schema of all', () => {
  fc.assert(
    fc.property(keyedDatasets, fc.integer({ min: 1, max: 20 }), ({ records, keys }, size) => {
      const batches = batchesOf(records, size)
      const schema = batches.reduce<Schema | null>((all, batch) => unifySchemas(all, batch.schema), null)
      for (const batch of batches) {
        assert.deepEqual(encodeSortKeys(castBatch(batch, schema!), keys), encodeSortKeys(batch, keys))
      }
    }),
    { numRuns: 300 },
  )
})

describe('one encoding for', () => {
  test('a number in columns of any type of numbers', () => {
    const [seven] = hex(batchOf([7]))
    for (const width of ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32'] as const) {
      expect(hex(batchOf([7], scalar({ kind: 'number', width })))).toEqual([seven])
    }
    expect(hex(batchOf([7], scalar({ kind: 'int64', as: 'number' })))).toEqual([seven])
  })

  test('0 and −0, and every NaN', () => {
    const strangeNaN = new Float64Array(Uint8Array.of(1, 0, 0, 0, 0, 0, 0xf8, 0xff).buffer)
    const batch = batchOf([0, -0, Number.NaN, 1])
    const column = batch.columns[0] as { values: Float64Array }
    column.values.set(strangeNaN, 3)
    const [zero, negative, nan, strange] = hex(batch)
    expect(negative).toBe(zero)
    expect(strange).toBe(nan)
  })

  test('null, a null-typed column and no column at all', () => {
    const [typed] = hex(batchOf([null, 'x']))
    expect(hex(batchOf([null]))).toEqual([typed])
    expect(hex(batchOf([{ a: 1 }]))).toEqual([typed])
  })

  test('bytes in columns of fixed and of any length, whatever the direction', () => {
    const bytes = Uint8Array.of(0, 1, 2, 255)
    for (const direction of ['asc', 'desc'] as const) {
      const keys = [{ ...VALUE, direction }]
      const fixed = batchOf([bytes], scalar({ kind: 'fixedBinary', byteLength: 4 }))
      expect(hex(fixed, keys)).toEqual(hex(batchOf([bytes]), keys))
    }
  })

  test('the key of a fixed-length record and the same bytes in a column', () => {
    const type = { kind: 'fixedBinary', byteLength: 4 } as const
    const bytes = Buffer.from('.ab..cd.')
    const records: Batch = {
      schema: { shape: 'record', key: [1, 2], fields: [{ name: 'value', type }] },
      length: 2,
      columns: [{ type, length: 2, nullCount: 0, validity: null, bytes }],
    }
    for (const direction of ['asc', 'desc'] as const) {
      const keys = [{ ...VALUE, column: 'key', direction }]
      const column = batchOf([{ key: Buffer.from('ab') }, { key: Buffer.from('cd') }])
      expect(hex(records, keys)).toEqual(hex(column, keys))
    }
    const whole = { ...records, schema: { ...records.schema, key: [0, 4] as const } }
    expect(hex(whole, [{ ...VALUE, column: 'key' }])).toEqual(hex(whole))
  })

  test('structs whose fields stand in another order or are missing', () => {
    const [first] = hex(batchOf([{ value: { a: 1, b: 'x', c: null } }]))
    expect(hex(batchOf([{ value: { b: 'x', a: 1 } }]))).toEqual([first])
  })
})

test('keys without columns are empty: rows that nothing tells apart', () => {
  expect(encodeSortKeys(batchOf([1, 2, 3]), [])).toEqual({
    bytes: new Uint8Array(0),
    offsets: new Int32Array(4),
  })
})

test('an int64 that is no safe number is an error that names its column', () => {
  const type = { kind: 'int64', as: 'number' } as const
  const batch: Batch = {
    schema: scalar(type),
    length: 1,
    columns: [{ type, length: 1, nullCount: 0, validity: null, values: BigInt64Array.of(2n ** 53n) }],
  }
  expect(() => hex(batch)).toThrow(
    expect.objectContaining({ code: 'TOO_LARGE', message: expect.stringContaining('"value"') }),
  )
})

test('encodings are part of the format of a job: these never change', () => {
  const texts = ['', 'a', 'a\u0000b', '\u0001', 'Strandläufer']
  expect(hex(batchOf(texts))).toMatchInlineSnapshot(`
    [
      "01",
      "0161",
      "01610062",
      "0101",
      "01537472616e646cc3a475666572",
    ]
  `)
  expect(hex(batchOf(texts), [{ ...VALUE, direction: 'desc' }])).toMatchInlineSnapshot(`
    [
      "01ff",
      "019eff",
      "019efefe9dff",
      "01fefdff",
      "01ac8b8d9e919b933c5b8a999a8dff",
    ]
  `)
  expect(hex(batchOf([0, 1, -1.5, Number.NaN, Number.POSITIVE_INFINITY, null]))).toMatchInlineSnapshot(`
    [
      "018000000000000000",
      "01bff0000000000000",
      "014007ffffffffffff",
      "01fff8000000000000",
      "01fff0000000000000",
      "02",
    ]
  `)
  expect(hex(batchOf([true, false, null]), [{ ...VALUE, nulls: 'first' }])).toMatchInlineSnapshot(`
    [
      "0101",
      "0100",
      "00",
    ]
  `)
  expect(hex(batchOf([1n, -1n]))).toMatchInlineSnapshot(`
    [
      "018000000000000001",
      "017fffffffffffffff",
    ]
  `)
  expect(hex(batchOf([new Date(1), new Date(-1)]))).toMatchInlineSnapshot(`
    [
      "018000000000000001",
      "017fffffffffffffff",
    ]
  `)
  expect(hex(batchOf([{ value: [1, null] }, { value: [] }]))).toMatchInlineSnapshot(`
    [
      "0101bff00000000000000200",
      "0100",
    ]
  `)
  expect(hex(batchOf([{ value: { b: 'x', a: true } }]))).toMatchInlineSnapshot(`
    [
      "0101610001016200780002",
    ]
  `)
  expect(
    hex(batchOf([{ a: 'x', b: 2 }]), [
      { ...VALUE, column: 'a' },
      { ...VALUE, column: 'b', direction: 'desc' },
    ]),
  ).toMatchInlineSnapshot(`
    [
      "017800013fffffffffffffff",
    ]
  `)
})
