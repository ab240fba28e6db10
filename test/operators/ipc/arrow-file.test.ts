/** Arrow files: read by apache-arrow as by us, slices stand alone, and damage is a typed error. */
import assert from 'node:assert/strict'
import * as arrow from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch, Column, ListColumn } from '../../../operators/batch/batch.ts'
import { castBatch } from '../../../operators/batch/cast.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { unifySchemas } from '../../../operators/batch/schema.ts'
import { sliceBatch } from '../../../operators/batch/take.ts'
import { DunlinError } from '../../../operators/errors.ts'
import {
  decodeArrowFile,
  decodeSlice,
  encodeArrowFile,
  readArrowFooter,
} from '../../../operators/ipc/arrow-file.ts'
import { datasets, readBack } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'

const schemaOf = (batches: readonly Batch[]): Schema =>
  batches.reduce<Schema | null>((s, b) => unifySchemas(s, b.schema), null)!

const F64 = { kind: 'number', width: 'float64' } as const

const some = datasets.filter(records => records.length > 0)

describe('round trip', () => {
  test('a file holds schema and records of any dataset, in any number of groups and batches', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 20 }), (records, size) => {
        const batches = batchesOf(records, size)
        const schema = schemaOf(batches)
        const file = encodeArrowFile(schema, [batches, [], [...batches].reverse()])
        const bytes = Buffer.concat(file.pieces)
        assert.equal(bytes.length, file.sizeBytes)
        const read = decodeArrowFile(bytes)
        assert.deepEqual(read.schema, schema)
        const model = readBack(records)
        assert.deepEqual(read.batches.slice(0, batches.length).flatMap(recordsOf), model)

        const [first, none, last] = file.groups
        assert.deepEqual(
          [first!.rows, none!.rows, none!.byteLength, last!.rows],
          [records.length, 0, 0, records.length],
        )
        const slice = bytes.subarray(last!.offset, last!.offset + last!.byteLength)
        const backwards = batches.toReversed().flatMap(batch => recordsOf(castBatch(batch, schema)))
        assert.deepEqual(decodeSlice(schema, slice).flatMap(recordsOf), backwards)
      }),
      { numRuns: 300 },
    )
  })

  test('slices of batches are encoded as if they had been built alone', () => {
    fc.assert(
      fc.property(some, fc.nat(40), fc.nat(40), (records, a, b) => {
        const slice = sliceBatch(batchOf(records), Math.min(a, b), Math.max(a, b))
        fc.pre(slice.length > 0)
        const { pieces } = encodeArrowFile(slice.schema, [[slice]])
        const read = decodeArrowFile(Buffer.concat(pieces))
        assert.deepEqual(
          read.batches.flatMap(recordsOf),
          readBack(records).slice(Math.min(a, b), Math.max(a, b)),
        )
      }),
      { numRuns: 200 },
    )
  })

  test('the bytes may stand at any address', () => {
    const records = Array.from({ length: 20 }, (_, i) => ({
      n: i,
      i: BigInt(i),
      s: `é${i}`,
      l: [i],
      t: new Date(i),
    }))
    const batch = batchOf(records)
    const file = encodeArrowFile(batch.schema, [[batch, batch]])
    const whole = Buffer.concat(file.pieces)
    const { offset, byteLength } = file.groups[0]!
    for (let shift = 0; shift < 9; shift++) {
      const moved = new Uint8Array(whole.length + shift)
      moved.set(whole, shift)
      const bytes = moved.subarray(shift)
      assert.deepEqual(decodeArrowFile(bytes).batches.flatMap(recordsOf), [...records, ...records])
      const slice = bytes.subarray(offset, offset + byteLength)
      assert.deepEqual(decodeSlice(batch.schema, slice).flatMap(recordsOf), [...records, ...records])
    }
  })

  test('columns are views on the bytes where these are aligned', () => {
    const batch = batchOf(Array.from({ length: 1000 }, (_, i) => ({ n: i, s: String(i) })))
    const file = encodeArrowFile(batch.schema, [[batch]])
    const bytes = new Uint8Array(Buffer.concat(file.pieces))
    for (const column of decodeArrowFile(bytes).batches[0]!.columns) {
      const data = 'values' in column ? column.values : (column as { bytes: Uint8Array }).bytes
      expect(data.buffer).toBe(bytes.buffer)
    }
  })

  test('large columns are passed on without a copy, and everything else in few pieces', () => {
    const batch = batchOf(Array.from({ length: 60_000 }, (_, i) => ({ n: i, small: i % 2 === 0 })))
    const many = Array.from({ length: 1000 }, (_, i) => [sliceBatch(batch, i, i + 3)])
    const file = encodeArrowFile(batch.schema, [[batch], ...many])
    const values = (batch.columns[0] as { values: Float64Array }).values
    expect(file.pieces.some(piece => piece.buffer === values.buffer)).toBe(true)
    expect(file.pieces.length).toBeLessThan(12)
    const bytes = Buffer.concat(file.pieces)
    const { offset, byteLength, rows } = file.groups[778]!
    expect(rows).toBe(3)
    expect(decodeSlice(batch.schema, bytes.subarray(offset, offset + byteLength)).flatMap(recordsOf)).toEqual(
      [
        { n: 777, small: false },
        { n: 778, small: true },
        { n: 779, small: false },
      ],
    )
  })

  test('large columns of any length are padded', () => {
    const records = Array.from({ length: 65_535 }, (_, i) => ({ s: `row ${i}`, b: i % 3 === 0, l: [i] }))
    const batch = batchOf(records)
    const bytes = Buffer.concat(encodeArrowFile(batch.schema, [[batch, batch]]).pieces)
    const read = decodeArrowFile(bytes).batches
    assert.deepEqual(read.map(recordsOf), [records, records])
  })

  test('what arrays hold beyond their column is not written', () => {
    const item: Column = {
      type: F64,
      length: 5,
      nullCount: 1,
      validity: Uint8Array.of(15),
      values: Float64Array.of(1, 2, 3, 4, 5),
    }
    const type = { kind: 'list', item: F64, as: 'Array' } as const
    const offsets = Int32Array.of(0, 1, 3, 5)
    const column: Column = { type, length: 2, nullCount: 0, validity: null, offsets, item }
    const schema: Schema = { shape: 'scalar', fields: [{ name: 'value', type }] }
    const file = encodeArrowFile(schema, [[{ schema, length: 2, columns: [column] }]])
    const [batch] = decodeArrowFile(Buffer.concat(file.pieces)).batches
    expect(recordsOf(batch!)).toEqual([[1], [2, 3]])
    expect((batch!.columns[0] as ListColumn).item).toMatchObject({ length: 3, nullCount: 0 })
  })

  test('equal batches give equal bytes', () => {
    const records = Array.from({ length: 50 }, (_, i) => ({
      a: i % 7 === 0 ? null : i,
      b: i % 3 === 0,
      s: 'x'.repeat(i % 5),
    }))
    const encode = (batch: Batch): Buffer => Buffer.concat(encodeArrowFile(batch.schema, [[batch]]).pieces)
    const once = encode(sliceBatch(batchOf([...records, ...records]), 50, 100))
    expect(encode(batchOf(records)).equals(once)).toBe(true)
  })

  test('records without columns keep their number', () => {
    const batch = batchOf([{}, {}, {}])
    const read = decodeArrowFile(Buffer.concat(encodeArrowFile(batch.schema, [[batch]]).pieces))
    expect(read.batches.flatMap(recordsOf)).toEqual([{}, {}, {}])
  })
})

/** A value as apache-arrow gives it, in our terms. */
function ours(value: unknown): unknown {
  if (value instanceof arrow.Vector) return Array.from(value, ours)
  if (value instanceof arrow.StructRow) {
    return Object.fromEntries(Object.entries(value.toJSON()).map(([k, v]) => [k, ours(v)]))
  }
  return value
}

describe('apache-arrow', () => {
  const records = Array.from({ length: 40 }, (_, i) => ({
    n: i % 5 === 0 ? null : i / 3,
    i: 2n ** 40n + BigInt(i),
    s: i % 4 === 0 ? null : `näm ${i}`,
    b: i % 3 === 0 ? null : i % 2 === 0,
    at: new Date(86_400_000 * i),
    raw: Uint8Array.of(i, 255),
    list: i % 6 === 0 ? null : Array.from({ length: i % 4 }, (_, k) => (k === 2 ? null : k)),
    floats: Float32Array.of(i, 0.5),
    nested: i % 7 === 0 ? null : { x: i, y: [`s${i}`] },
    nothing: null,
  }))

  test('reads our files: the same names, types and values', () => {
    const batches = batchesOf(records, 17)
    const schema = schemaOf(batches)
    const bytes = Buffer.concat(encodeArrowFile(schema, [batches.slice(0, 1), batches.slice(1)]).pieces)
    const table = arrow.tableFromIPC(bytes)
    expect(table.numRows).toBe(40)
    expect(table.batches.length).toBe(3)
    expect(table.schema.fields.map(f => `${f.name}: ${f.type}`)).toEqual([
      'n: Float64',
      'i: Int64',
      's: Utf8',
      'b: Bool',
      'at: Timestamp<MILLISECOND, UTC>',
      'raw: Binary',
      'list: List<Float64>',
      'floats: List<Float32>',
      'nested: Struct<{x:Float64, y:List<Utf8>}>',
      'nothing: Null',
    ])
    const read = table.toArray().map(row => ours(row))
    expect(read).toEqual(records.map(r => ({ ...r, at: r.at.getTime(), floats: [...r.floats] })))
  })

  test('reads any dataset of objects that we write', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            a: fc.option(fc.double()),
            s: fc.option(fc.string({ unit: 'binary' })),
            b: fc.option(fc.boolean()),
          }),
          { minLength: 1 },
        ),
        rows => {
          const batch = batchOf(rows)
          const table = arrow.tableFromIPC(Buffer.concat(encodeArrowFile(batch.schema, [[batch]]).pieces))
          assert.deepEqual(
            table.toArray().map(ours),
            rows.map(r => ({ a: r.a, s: r.s, b: r.b })),
          )
        },
      ),
      { numRuns: 100 },
    )
  })

  test('reads our files as a stream too', () => {
    const batch = batchOf(records)
    const bytes = Buffer.concat(encodeArrowFile(batch.schema, [[batch]]).pieces)
    // Without magic and footer a file is a stream.
    const stream = arrow.RecordBatchReader.from(bytes.subarray(8))
    expect([...stream].reduce((rows, b) => rows + b.numRows, 0)).toBe(40)
  })

  test('writes files that we read', () => {
    const vector = (type: arrow.DataType, values: unknown[]): arrow.Vector =>
      arrow.vectorFromArray(values, type)
    const table = new arrow.Table({
      f: vector(new arrow.Float64(), [1.5, null, -0]),
      i: vector(new arrow.Int64(), [1n, null, 3n]),
      u: vector(new arrow.Uint16(), [1, 65535, null]),
      s: vector(new arrow.Utf8(), ['ä', null, '']),
      b: vector(new arrow.Bool(), [true, null, false]),
      l: vector(new arrow.List(new arrow.Field('item', new arrow.Int32(), true)), [[1, 2], null, []]),
    })
    const { schema, batches } = decodeArrowFile(arrow.tableToIPC(table, 'file'))
    expect(schema.shape).toBe('object')
    expect(batches.flatMap(recordsOf)).toEqual([
      { f: 1.5, i: 1, u: 1, s: 'ä', b: true, l: [1, 2] },
      { f: null, i: null, u: 65535, s: null, b: null, l: null },
      { f: -0, i: 3, u: null, s: '', b: false, l: [] },
    ])
  })

  test('types that we do not read are refused by name', () => {
    const bytes = arrow.tableToIPC(
      new arrow.Table({ d: arrow.vectorFromArray([1], new arrow.DateDay()) }),
      'file',
    )
    expect(() => decodeArrowFile(bytes)).toThrow('column "d" of an Arrow file is of type Date')
    const words = arrow.vectorFromArray(['x'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()))
    expect(() => decodeArrowFile(arrow.tableToIPC(new arrow.Table({ words }), 'file'))).toThrow(/dictionar/)
  })
})

describe('damage', () => {
  test('at any one byte of a slice or file is a typed error or another value, never anything else', () => {
    const batch = batchOf([
      { s: 'abc', n: 1, l: [1, 2] },
      { s: null, n: 2, l: null },
    ])
    const file = encodeArrowFile(batch.schema, [[batch]])
    const whole = Buffer.concat(file.pieces)
    const { offset, byteLength } = file.groups[0]!
    const tryAll = (bytes: Buffer, read: (b: Uint8Array) => unknown): number => {
      let errors = 0
      for (let i = 0; i < bytes.length; i++) {
        const bad = Buffer.from(bytes)
        bad[i]! ^= 0xff
        try {
          read(new Uint8Array(bad))
        } catch (error) {
          assert.ok(error instanceof DunlinError, `byte ${i}: ${error}`)
          errors++
        }
      }
      return errors
    }
    const slice = whole.subarray(offset, offset + byteLength)
    expect(tryAll(slice, bytes => decodeSlice(batch.schema, bytes))).toBeGreaterThan(20)
  })

  test('a file that is cut short is CORRUPT', () => {
    const batch = batchOf([{ s: 'abc', n: 1 }])
    const file = encodeArrowFile(batch.schema, [[batch]])
    const whole = new Uint8Array(Buffer.concat(file.pieces))
    for (const end of [0, 5, 20, whole.length - 1]) {
      expect(() => decodeArrowFile(whole.subarray(0, end))).toThrow(
        expect.objectContaining({ code: 'CORRUPT' }),
      )
    }
    const { offset, byteLength } = file.groups[0]!
    for (const end of [1, 7, 60, byteLength - 1]) {
      expect(() => decodeSlice(batch.schema, whole.subarray(offset, offset + end))).toThrow(
        expect.objectContaining({ code: 'CORRUPT' }),
      )
    }
  })
})

test('the footer can be read from the end of a file, and its blocks one by one', () => {
  const batches = batchesOf(
    Array.from({ length: 100 }, (_, i) => i),
    30,
  )
  const { schema } = batches[0]!
  const bytes = Buffer.concat(encodeArrowFile(schema, [batches]).pieces)
  const footer = readArrowFooter(bytes.subarray(-700))
  expect(footer.schema).toEqual(schema)
  const read = footer.blocks.map(({ offset, metadataBytes, bodyBytes }) =>
    decodeSlice(schema, bytes.subarray(offset, offset + metadataBytes + bodyBytes)).flatMap(recordsOf),
  )
  expect(read.map(r => r.length)).toEqual([30, 30, 30, 10])
  expect(read[3]).toEqual(Array.from({ length: 10 }, (_, i) => 90 + i))
})
