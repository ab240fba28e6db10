/** Slices, concatenations and gathered rows are what the same operations on arrays are. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { BatchAppender } from '../../../operators/batch/batch-appender.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import { concatBatches, sliceBatch } from '../../../operators/batch/take.ts'
import { datasets, readBack } from './arbitrary-records.ts'
import { batchesOf, batchOf } from './batch-of.ts'

const some = datasets.filter(records => records.length > 0)

describe('slices', () => {
  test('of slices are slices of the array, however they are cut', () => {
    fc.assert(
      fc.property(some, fc.nat(40), fc.nat(40), fc.nat(10), fc.nat(10), (records, a, b, c, d) => {
        const model = readBack(records).slice(a, b).slice(c, d)
        const slice = sliceBatch(sliceBatch(batchOf(records), a, b), c, d)
        assert.equal(slice.length, model.length)
        assert.deepEqual(recordsOf(slice), model)
      }),
      { numRuns: 400 },
    )
  })

  test('count nulls and bytes as if they had been built alone', () => {
    const records = Array.from({ length: 100 }, (_, i) => ({
      a: i % 3 === 0 ? null : i,
      b: i % 2 === 0,
      s: 'é'.repeat(i % 5),
    }))
    const slice = sliceBatch(batchOf(records), 13, 60)
    const alone = batchOf(records.slice(13, 60))
    assert.deepEqual(
      slice.columns.map(c => [c.nullCount, c.validity, 'bits' in c && c.bits]),
      alone.columns.map(c => [c.nullCount, c.validity, 'bits' in c && c.bits]),
    )
    expect(batchBytes(slice)).toBe(batchBytes(alone))
  })
})

describe('concatenation', () => {
  test('puts batches back together, whatever their schemas were', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 9 }), (records, size) => {
        const batch = concatBatches(batchesOf(records, size))
        assert.equal(batch.length, records.length)
        assert.deepEqual(recordsOf(batch), readBack(records))
      }),
      { numRuns: 300 },
    )
  })

  test('of pieces is byte for byte the batch that was cut', () => {
    fc.assert(
      fc.property(some, fc.nat(40), (records, at) => {
        const batch = batchOf(records)
        const again = concatBatches(
          [sliceBatch(batch, 0, at), sliceBatch(batch, at, records.length)].filter(b => b.length > 0),
        )
        assert.deepEqual(again, batch)
      }),
      { numRuns: 300 },
    )
  })

  test('of nothing is refused', () => {
    expect(() => concatBatches([])).toThrow(RangeError)
  })
})

describe('gathering', () => {
  test('gives the rows asked for, in the order asked for, from one batch after another', () => {
    fc.assert(
      fc.property(
        some,
        fc.array(fc.array(fc.nat(1000), { maxLength: 30 }), { maxLength: 4 }),
        (records, picks) => {
          const batch = batchOf(records)
          const model = readBack(records)
          const appender = new BatchAppender(batch.schema)
          const expected: unknown[] = []
          for (const pick of picks) {
            const rows = Int32Array.from(pick, row => row % records.length)
            const from = Math.min(1, rows.length)
            appender.append(batch, rows, from, rows.length)
            expected.push(...Array.from(rows.subarray(from), row => model[row]))
          }
          assert.equal(appender.rows, expected.length)
          const gathered = appender.build()
          assert.deepEqual(gathered === null ? [] : recordsOf(gathered), expected)
          assert.equal(appender.build(), null)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('leaves nothing of one batch in the next', () => {
    fc.assert(
      fc.property(some, records => {
        const batch = batchOf(records)
        const all = Int32Array.from(records.keys())
        const appender = new BatchAppender(batch.schema)
        const build = (): Batch => {
          appender.append(batch, all, 0, all.length)
          return appender.build()!
        }
        const first = build()
        const second = build()
        assert.deepEqual(second, first)
        assert.deepEqual(first, batch)
      }),
      { numRuns: 200 },
    )
  })
})
