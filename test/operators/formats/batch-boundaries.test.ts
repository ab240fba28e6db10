/** Equal rows give equal bytes, wherever the batches end that a writer is given. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../../../operators/batch/batch.ts'
import { castBatch } from '../../../operators/batch/cast.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { unifySchemas } from '../../../operators/batch/schema.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import { concatBatches, sliceBatch } from '../../../operators/batch/take.ts'
import { decodeArrowFile } from '../../../operators/ipc/arrow-file.ts'
import type { WriteFormat } from '../../../operators/spec.ts'
import { datasets, objects } from '../batch/arbitrary-records.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { fileOf } from './writing.ts'

const schemaOf = (batches: readonly Batch[]): Schema | null =>
  batches.reduce<Schema | null>((schema, batch) => unifySchemas(schema, batch.schema), null)

/** The rows in batches of `size`. */
const recut = (whole: Batch, size: number): Batch[] =>
  Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
    sliceBatch(whole, i * size, (i + 1) * size),
  )

const sameBytes = (a: Uint8Array, b: Uint8Array): void => assert.equal(Buffer.compare(a, b), 0)

/** Values that every format but text has a form for. */
const flat = fc.array(
  fc.record({
    a: fc.option(fc.double()),
    s: fc.option(fc.string()),
    t: fc.option(fc.boolean()),
    d: fc.option(fc.date({ noInvalidDate: true })),
  }),
  { minLength: 1, maxLength: 40 },
)
const lines = fc.array(
  fc.string().map(text => text.replaceAll(/[\n\r]/g, ' ')),
  { minLength: 1, maxLength: 40 },
)

describe('batches that are cut otherwise', () => {
  test.each<[WriteFormat, fc.Arbitrary<readonly unknown[]>]>([
    ['arrow', datasets.filter(records => records.length > 0)],
    ['jsonl', datasets.filter(records => records.length > 0)],
    ['csv', flat],
    ['text', lines],
  ])('give the same file: %s', (format, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 9 }), (records, size) => {
        const whole = batchOf(records)
        const alike = fileOf(format, [whole], whole.schema)
        sameBytes(fileOf(format, recut(whole, size), whole.schema), alike)
        // Gathered row by row, as after an exchange.
        sameBytes(
          fileOf(
            format,
            recut(whole, size).map(b => concatBatches([b])),
            whole.schema,
          ),
          alike,
        )
      }),
      { numRuns: 200 },
    )
  })

  test('give the same file, also where each knew only its own columns', () => {
    fc.assert(
      fc.property(
        objects.filter(records => records.length > 0),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (records, one, other) => {
          const batches = batchesOf(records, one)
          const schema = schemaOf(batches)!
          const whole = concatBatches(batches.map(batch => castBatch(batch, schema)))
          for (const format of ['arrow', 'jsonl'] as const) {
            const file = fileOf(format, batches, schema)
            sameBytes(fileOf(format, [whole], schema), file)
            sameBytes(
              fileOf(
                format,
                batchesOf(records, other).map(b => castBatch(b, schema)),
                schema,
              ),
              file,
            )
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('record batches of an Arrow file', () => {
  const lengths = (file: Uint8Array): number[] => decodeArrowFile(file).batches.map(batch => batch.length)

  test('end after 65,536 rows', () => {
    const whole = batchOf(Array.from({ length: 2 * BATCH_ROWS + 5 }, (_, i) => i % 100))
    const file = fileOf('arrow', [whole])
    expect(lengths(file)).toEqual([BATCH_ROWS, BATCH_ROWS, 5])
    for (const size of [1000, BATCH_ROWS - 1, BATCH_ROWS, BATCH_ROWS + 1]) {
      sameBytes(fileOf('arrow', recut(whole, size)), file)
    }
  })

  test('end before the row that would bring them over 4 MiB, and a larger row stands alone', () => {
    const sizes = [1, 1_000_000, 3_000_000, 1_000_000, 5_000_000, 2_000_000, 2_000_000, 200_000, 1]
    const whole = batchOf(sizes.map(size => ({ flag: size > 1, text: 'x'.repeat(size) })))
    const file = fileOf('arrow', [whole])
    expect(lengths(file)).toEqual([3, 1, 1, 2, 2])
    const { batches } = decodeArrowFile(file)
    for (const batch of batches.filter(b => b.length > 1))
      expect(batchBytes(batch)).toBeLessThanOrEqual(BATCH_BYTES)
    for (const size of [1, 2, 3, 4, 5]) sameBytes(fileOf('arrow', recut(whole, size)), file)
  })
})
