/** Columns found by the names that people use, the key of fixed-length records among them. */
import { describe, expect, test } from 'vitest'
import type { Batch, FixedBinaryColumn } from '../../../operators/batch/batch.ts'
import { columnNamed, columnNames } from '../../../operators/batch/column-named.ts'
import { sliceBatch } from '../../../operators/batch/take.ts'
import { batchOf } from './batch-of.ts'
import { recordBatch } from './record-batches.ts'

const text = (batch: Batch, name: string): string =>
  Buffer.from((columnNamed(batch, name) as FixedBinaryColumn).bytes).toString()

describe('the column of a name', () => {
  test('is the field of that name, or null', () => {
    const batch = batchOf([{ a: 1, b: 'x' }])
    expect(columnNamed(batch, 'b')).toBe(batch.columns[1])
    expect(columnNamed(batch, 'key')).toBeNull()
    expect(columnNames(batch.schema)).toEqual(['a', 'b'])
  })

  test('of pairs and scalars goes by the names of their columns', () => {
    expect(columnNames(batchOf([['k', 1]]).schema)).toEqual(['key', 'value'])
    expect(columnNamed(batchOf([['k', 1]]), 'key')?.type.kind).toBe('utf8')
    expect(columnNamed(batchOf(['k']), 'key')).toBeNull()
  })
})

describe('fixed-length records', () => {
  const batch = recordBatch(['aabbcc', 'ddeeff', 'gghhii'], [2, 3])

  test('have the bytes of their keys as a column', () => {
    expect(text(batch, 'key')).toBe('bbceefhhi')
    expect(columnNamed(batch, 'key')).toMatchObject({
      type: { kind: 'fixedBinary', byteLength: 3 },
      length: 3,
    })
    expect(columnNames(batch.schema)).toEqual(['key', 'value'])
  })

  test('have it copied out once', () => {
    expect(columnNamed(batch, 'key')).toBe(columnNamed(batch, 'key'))
    const other = { ...batch, schema: { ...batch.schema, key: [0, 1] as const } }
    expect(text(other, 'key')).toBe('adg')
    expect(text(batch, 'key')).toBe('bbceefhhi')
  })

  test('have the keys of their own rows in a slice', () => {
    expect(text(sliceBatch(batch, 1, 3), 'key')).toBe('eefhhi')
  })

  test('are their own keys where nothing else was said', () => {
    const whole = recordBatch(['ab', 'cd'])
    expect(columnNamed(whole, 'key')).toBe(whole.columns[0])
  })

  test('are found as values, and under no other name', () => {
    expect(columnNamed(batch, 'value')).toBe(batch.columns[0])
    expect(columnNamed(batch, 'other')).toBeNull()
  })

  test('may be none', () => {
    expect(columnNamed(recordBatch([], [0, 2]), 'key')?.length).toBe(0)
  })
})
