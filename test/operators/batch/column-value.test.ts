/** Values read from columns: exact, or a typed error. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch, Column } from '../../../operators/batch/batch.ts'
import { columnReader } from '../../../operators/batch/column-value.ts'
import { stringsOf } from '../../../operators/batch/column-values.ts'
import { recordReader, recordsOf } from '../../../operators/batch/records.ts'
import { DunlinError } from '../../../operators/errors.ts'
import { batchOf } from './batch-of.ts'

function int64(values: readonly bigint[], as: 'number' | 'bigint'): Batch {
  const type = { kind: 'int64', as } as const
  const column: Column = {
    type,
    length: values.length,
    nullCount: 0,
    validity: null,
    values: BigInt64Array.from(values),
  }
  return {
    schema: { shape: 'object', fields: [{ name: 'id', type }] },
    length: values.length,
    columns: [column],
  }
}

describe('int64 as numbers', () => {
  test('reads every safe integer exactly', () => {
    const safe = fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n })
    fc.assert(
      fc.property(fc.array(safe), values => {
        assert.deepEqual(
          recordsOf(int64(values, 'number')),
          values.map(v => ({ id: Number(v) })),
        )
      }),
    )
  })

  test.each([2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
    'refuses %s and names the column and the way out',
    value => {
      for (const read of [
        recordsOf,
        (b: Batch) => recordReader(b)(0),
        (b: Batch) => columnReader(b.columns[0]!, { column: 'id' })(0),
      ]) {
        try {
          read(int64([value], 'number'))
          expect.unreachable()
        } catch (error) {
          assert.ok(error instanceof DunlinError)
          expect(error.code).toBe('TOO_LARGE')
          expect(error.message).toContain('column "id"')
          expect(error.hint).toContain("int64: 'bigint'")
        }
      }
      expect(recordsOf(int64([value], 'bigint'))).toEqual([{ id: value }])
    },
  )
})

describe('text', () => {
  test('is cut where rows begin, in batches of more than one piece', () => {
    const strings = Array.from(
      { length: 9000 },
      (_, i) => ['', 'plain ascii text', 'zwölf', '日本', '𝄞x'][i % 5]! + i,
    )
    expect(recordsOf(batchOf(strings))).toEqual(strings)
    const ascii = strings.map((_, i) => `row ${i}`)
    expect(recordsOf(batchOf(ascii))).toEqual(ascii)
  })

  test('with rows that begin inside a character is decoded row by row', () => {
    const bytes = Buffer.from('aéb')
    const column = {
      type: { kind: 'utf8' },
      length: 2,
      nullCount: 0,
      validity: null,
      offsets: Int32Array.of(0, 2, 4),
      bytes,
    } as const
    expect(stringsOf(column)).toEqual(['a\ufffd', '\ufffdb'])
  })
})

describe('chosen columns', () => {
  test('are the only ones that are read', () => {
    const read = recordReader(batchOf([{ a: 1, b: 'x', c: true }]), ['c', 'a'])
    expect(read(0)).toEqual({ c: true, a: 1 })
  })

  test('must be there', () => {
    expect(() => recordReader(batchOf([{ a: 1 }]), ['b'])).toThrow('there is no column "b"')
  })
})
