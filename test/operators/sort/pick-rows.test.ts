/** Rows picked from many batches are those rows, whatever their columns, and batches of them are cut by size. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch, FixedBinaryColumn } from '../../../operators/batch/batch.ts'
import { BatchAppender } from '../../../operators/batch/batch-appender.ts'
import { castBatch } from '../../../operators/batch/cast.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { unifySchemas } from '../../../operators/batch/schema.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import { pickRows } from '../../../operators/sort/pick-rows.ts'
import { rowBytes } from '../../../operators/sort/row-bytes.ts'
import { RowGatherer } from '../../../operators/sort/row-gatherer.ts'
import { rowRef } from '../../../operators/sort/row-ref.ts'
import { datasets } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { recordsOfAll } from './sorting.ts'

/** Batches of one schema, and rows of them in any order, some several times. */
const picks = fc
  .tuple(
    datasets.filter(records => records.length > 0),
    fc.integer({ min: 1, max: 20 }),
  )
  .chain(([records, size]) => {
    const apart = batchesOf(records, size)
    const schema = apart.reduce<Schema | null>((all, batch) => unifySchemas(all, batch.schema), null)!
    const batches = apart.map(batch => castBatch(batch, schema))
    return fc
      .array(fc.nat({ max: records.length - 1 }), { maxLength: 300 })
      .map(rows => ({ schema, batches, size, rows }))
  })
const refsOf = (rows: readonly number[], size: number): Int32Array =>
  Int32Array.from(rows, row => rowRef(Math.floor(row / size), row % size))

test('picked rows are the rows, in columns as building them anew would give', () => {
  fc.assert(
    fc.property(picks, ({ schema, batches, size, rows }) => {
      const picked = pickRows(schema, batches, refsOf(rows, size))
      const appender = new BatchAppender(schema)
      for (const row of rows) {
        const at = row % size
        appender.appendRange(batches[Math.floor(row / size)]!, at, at + 1)
      }
      const all = recordsOfAll(batches)
      assert.deepEqual(
        recordsOf(picked),
        rows.map(row => all[row]),
      )
      assert.deepEqual(picked, appender.build() ?? picked)
    }),
    { numRuns: 600 },
  )
})

test('batches are cut by the bytes of their rows, and hold the rows in their order', () => {
  fc.assert(
    fc.property(picks, fc.integer({ min: 1, max: 3000 }), ({ schema, batches, size, rows }, maxBytes) => {
      const gatherer = new RowGatherer({ schema, maxBytes })
      const middle = rows.length >> 1
      const given = [
        ...gatherer.gather(batches, refsOf(rows.slice(0, middle), size)),
        ...gatherer.pass(batches[0]!, 0, batches[0]!.length),
        ...gatherer.gather(batches, refsOf(rows.slice(middle), size)),
        ...gatherer.rest(),
      ]
      const all = recordsOfAll(batches)
      const expected = [
        ...rows.slice(0, middle),
        ...all.slice(0, batches[0]!.length).keys(),
        ...rows.slice(middle),
      ]
      assert.deepEqual(
        recordsOfAll(given),
        expected.map(row => all[row]),
      )
      for (const batch of given) {
        const bytes = Array.from({ length: batch.length }, (_, row) => rowBytes(batch, row))
        assert.ok(batch.length === 1 || bytes.reduce((a, b) => a + b, 0) <= maxBytes)
      }
    }),
    { numRuns: 400 },
  )
})

test('bytes of rows are those of their batch, but for validity and one more offset a column', () => {
  const batch = batchOf([
    { n: 1, text: 'abc', list: ['x', 'yz'], inner: { b: 2n, when: new Date(0) } },
    { n: 2, text: '', list: [], inner: { b: 3n, when: new Date(1) } },
  ])
  const offsets = 3
  expect(rowBytes(batch, 0) + rowBytes(batch, 1) + 4 * offsets).toBe(batchBytes(batch))
})

describe('fixed-length values of any length, wherever they lie in memory', () => {
  const ROWS = 500
  test.each([0, 1, 3, 4, 7, 8, 31, 32, 33, 100, 101])('%i bytes', byteLength => {
    const type = { kind: 'fixedBinary', byteLength } as const
    const schema: Schema = { shape: 'record', fields: [{ name: 'value', type }] }
    for (const shift of [0, 1]) {
      const memory = Uint8Array.from({ length: ROWS * byteLength + shift }, (_, i) => (i * 7919) >> 3)
      const bytes = memory.subarray(shift)
      const column: FixedBinaryColumn = { type, length: ROWS, nullCount: 0, validity: null, bytes }
      const batch: Batch = { schema, length: ROWS, columns: [column] }
      const rows = Int32Array.from({ length: 1000 }, (_, i) => (i * 271) % ROWS)
      const expected = Buffer.concat(
        [...rows].map(row => bytes.subarray(row * byteLength, (row + 1) * byteLength)),
      )
      const appender = new BatchAppender(schema)
      appender.append(batch, rows, 0, 1)
      appender.append(batch, rows, 1, 1000)
      for (const made of [pickRows(schema, [batch], rows), appender.build()!]) {
        const { bytes: given } = made.columns[0] as FixedBinaryColumn
        expect(Buffer.from(given).equals(expected)).toBe(true)
      }
    }
  })
})
