/** Rows kept of batches are what filtering an array is, in batches of sensible sizes. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../../../operators/batch/batch.ts'
import { castBatch } from '../../../operators/batch/cast.ts'
import { KeptRows } from '../../../operators/batch/kept-rows.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import { datasets } from './arbitrary-records.ts'
import { batchesOf, batchOf } from './batch-of.ts'

function kept(batches: readonly Batch[], keeps: (row: number) => boolean): Batch[] {
  const rows = new KeptRows()
  const given: Batch[] = []
  const emit = (batch: Batch) => given.push(batch)
  let at = 0
  for (const batch of batches) {
    const numbers = new Int32Array(batch.length)
    let count = 0
    for (let row = 0; row < batch.length; row++) if (keeps(at++)) numbers[count++] = row
    rows.push(batch, numbers, count, emit)
  }
  rows.finish(emit)
  return given
}

describe('kept rows', () => {
  test('are the rows of the array, whatever the batches and their schemas', () => {
    const some = datasets.filter(records => records.length > 0)
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 9 }), fc.integer(), (records, size, choice) => {
        const keeps = (row: number) => ((choice >> (row % 31)) & 1) === 1
        const all = concatBatches(batchesOf(records, size))
        // Batches that were inferred apart may lack columns that others have.
        const given = kept(batchesOf(records, size), keeps).flatMap(batch =>
          recordsOf(castBatch(batch, all.schema)),
        )
        assert.deepEqual(
          given,
          recordsOf(all).filter((_, row) => keeps(row)),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('of large batches that are kept whole are those batches', () => {
    const batches = [batchOf(numbers(BATCH_ROWS)), batchOf(numbers(BATCH_ROWS / 2))]
    const given = kept(batches, () => true)
    expect(given).toHaveLength(2)
    expect(given[0]).toBe(batches[0])
    expect(given[1]).toBe(batches[1])
  })

  test('of many batches are put together until they are enough', () => {
    const batches = Array.from({ length: 10 }, () => batchOf(numbers(20_000)))
    const given = kept(batches, row => row % 2 === 0)
    expect(given.map(batch => batch.length)).toEqual([BATCH_ROWS, 100_000 - BATCH_ROWS])
  })

  test('are handed on before they are too many bytes', () => {
    const batches = Array.from({ length: 8 }, () =>
      batchOf(Array.from({ length: 30 }, () => 'x'.repeat(100_000))),
    )
    const given = kept(batches, row => row % 3 > 0)
    expect(given.reduce((rows, batch) => rows + batch.length, 0)).toBe(160)
    for (const batch of given) expect(batchBytes(batch)).toBeLessThan(2 * BATCH_BYTES)
    expect(given.length).toBeGreaterThan(2)
  })

  test('are nothing where none are kept', () => {
    expect(kept([batchOf([1, 2])], () => false)).toEqual([])
  })
})

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
