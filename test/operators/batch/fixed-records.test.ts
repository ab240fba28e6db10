/** Fixed-length records as a shape of their own: schemas, casts, what JavaScript sees, and Arrow files. */
import { describe, expect, test } from 'vitest'
import { BatchAppender } from '../../../operators/batch/batch-appender.ts'
import { BatchBuilder } from '../../../operators/batch/batch-builder.ts'
import { castBatch } from '../../../operators/batch/cast.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { previewOf } from '../../../operators/batch/preview.ts'
import { recordReader, recordsOf } from '../../../operators/batch/records.ts'
import { sameSchema, schemaText, unifySchemas } from '../../../operators/batch/schema.ts'
import { concatBatches, sliceBatch } from '../../../operators/batch/take.ts'
import { decodeArrowFile, decodeSlice, encodeArrowFile } from '../../../operators/ipc/arrow-file.ts'
import { batchOf } from './batch-of.ts'
import { bytesBatch, recordBatch, recordSchema, recordText } from './record-batches.ts'

const FLOAT64 = { kind: 'number', width: 'float64' } as const
const withScore = (schema: Schema, name = '\u0000score'): Schema => ({
  ...schema,
  fields: [...schema.fields, { name, type: FLOAT64 }],
})

describe('the schema of fixed-length records', () => {
  test('is said with its length and its key', () => {
    expect(schemaText(recordSchema(100, [0, 10]))).toBe('record of 100 bytes, key 0..10')
    expect(schemaText(recordSchema(100))).toBe('record of 100 bytes')
    expect(schemaText(withScore(recordSchema(8, [2, 2]), 'score'))).toBe(
      'record of 8 bytes, key 2..4 with score: float64',
    )
  })

  test('is another for another length or key, and the same for a key that is the whole record', () => {
    expect(sameSchema(recordSchema(9, [0, 3]), recordSchema(9, [0, 3]))).toBe(true)
    expect(sameSchema(recordSchema(9, [0, 3]), recordSchema(9, [1, 3]))).toBe(false)
    expect(sameSchema(recordSchema(9, [0, 3]), recordSchema(8, [0, 3]))).toBe(false)
    expect(sameSchema(recordSchema(9), recordSchema(9, [0, 9]))).toBe(true)
    expect(sameSchema(recordSchema(9), { ...recordSchema(9), shape: 'scalar' })).toBe(false)
  })

  test('meets itself, and keeps its key where computed columns come together', () => {
    const schema = recordSchema(9, [0, 3])
    expect(unifySchemas(schema, recordSchema(9, [0, 3]))).toBe(schema)
    const wide = unifySchemas(schema, withScore(schema))!
    expect(wide).toEqual(withScore(schema))
  })

  test.each([
    [recordSchema(90), 'record of 100 bytes, key 0..10 and record of 90 bytes', /one length and one key/],
    [
      recordSchema(100, [5, 10]),
      'record of 100 bytes, key 0..10 and record of 100 bytes, key 5..15',
      /one key/,
    ],
    [batchOf([{ a: 1 }]).schema, 'record of 100 bytes, key 0..10 and object { a: float64 }', /same shape/],
  ])('does not meet another shape: %#', (other, both, hint) => {
    expect(() => unifySchemas(recordSchema(100, [0, 10]), other)).toThrow(
      expect.objectContaining({
        code: 'TYPE_MISMATCH',
        message: `records of two shapes in one dataset: ${both}`,
        hint: expect.stringMatching(hint),
      }),
    )
  })
})

describe('batches of fixed-length records', () => {
  test('are cast to a schema with computed columns, and to no other length or key', () => {
    const batch = recordBatch(['abcd', 'efgh'], [0, 2])
    const cast = castBatch(batch, withScore(batch.schema))
    expect(cast.columns[0]).toBe(batch.columns[0])
    expect(cast.columns[1]).toMatchObject({ nullCount: 2 })
    for (const other of [recordSchema(4, [1, 2]), recordSchema(5, [0, 2]), batchOf([{ a: 1 }]).schema])
      expect(() => castBatch(batch, other)).toThrow(/cannot be cast to/)
  })

  test('are sliced, gathered and put together as what they are', () => {
    const batch = recordBatch(['abcd', 'efgh', 'ijkl'], [1, 2])
    const both = concatBatches([sliceBatch(batch, 1, 3), sliceBatch(batch, 0, 1)])
    expect(both.schema).toEqual(batch.schema)
    expect(recordsOf(both).map(recordText)).toEqual([
      { key: 'fg', value: 'efgh' },
      { key: 'jk', value: 'ijkl' },
      { key: 'bc', value: 'abcd' },
    ])
    const appender = new BatchAppender(batch.schema)
    appender.append(batch, Int32Array.of(2, 0), 0, 2)
    expect(recordsOf(appender.build()!).map(record => recordText(record).value)).toEqual(['ijkl', 'abcd'])
  })

  test('are not built of objects', () => {
    expect(() => new BatchBuilder({ operator: 'Test', schema: recordSchema(4) })).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    )
  })

  test.each([
    ['a key', recordSchema(6, [2, 4])],
    ['no key', recordSchema(6)],
    ['a computed column', withScore(recordSchema(6, [0, 1]))],
  ])('with %s come back from an Arrow file', (_, schema) => {
    const batch = castBatch(recordBatch(['abcdef', 'ghijkl'], schema.key), schema)
    const file = encodeArrowFile(schema, [[batch]])
    const bytes = Buffer.concat(file.pieces)
    const read = decodeArrowFile(bytes)
    expect(read.schema).toEqual(schema)
    expect(recordsOf(read.batches[0]!)).toEqual(recordsOf(batch))
    const { offset, byteLength } = file.groups[0]!
    const [slice] = decodeSlice(schema, bytes.subarray(offset, offset + byteLength))
    expect(recordsOf(slice!)).toEqual(recordsOf(batch))
  })
})

describe('fixed-length records in JavaScript', () => {
  /** More than one piece of copied bytes. */
  const rows = 3000
  const bytes = new Uint8Array(rows * 50).map((_, i) => (i * 31) >> 3)
  const batch = bytesBatch(bytes, 50, [7, 5])

  test('are { key, value }, whole or one by one', () => {
    const records = recordsOf(batch)
    expect(records).toHaveLength(rows)
    const read = recordReader(batch)
    for (const row of [0, 1, 1309, 1310, 1311, 2620, rows - 1]) {
      const value = bytes.slice(row * 50, row * 50 + 50)
      expect(records[row]).toEqual({ key: value.slice(7, 12), value })
      expect(read(row)).toEqual(records[row])
    }
  })

  test('may be changed: neither the batch nor another record does', () => {
    const before = bytes.slice()
    const neighbours = recordsOf(batch) as { key: Uint8Array; value: Uint8Array }[]
    const again = recordsOf(batch)
    for (const record of [neighbours[1310]!, recordReader(batch)(3) as (typeof neighbours)[0]]) {
      record.key.fill(0xff)
      record.value.fill(0xfe, 20)
    }
    expect(bytes).toEqual(before)
    expect(neighbours[1309]).toEqual(again[1309])
    expect(neighbours[1311]).toEqual(again[1311])
    expect(neighbours[1310]!.value.subarray(7, 12)).toEqual(new Uint8Array(5).fill(0xff))
  })

  test('have the whole record as key where nothing else was said', () => {
    expect(recordsOf(recordBatch(['ab'])).map(recordText)).toEqual([{ key: 'ab', value: 'ab' }])
  })

  test('are shown by their first bytes', () => {
    expect(previewOf(recordsOf(recordBatch(['abcdefghijklmnop'], [0, 2]))[0])).toBe(
      '{ key: Uint8Array(2 bytes: 6162), value: Uint8Array(16 bytes: 6162636465666768696a…) }',
    )
    expect(previewOf(new Uint8Array(0))).toBe('Uint8Array(0 bytes)')
  })
})
