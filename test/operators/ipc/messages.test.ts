/** Bare record-batch messages come back as they were written, in whatever pieces they arrive. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { DunlinError } from '../../../operators/errors.ts'
import { decodeSlice } from '../../../operators/ipc/arrow-file.ts'
import { MessageReader } from '../../../operators/ipc/message-reader.ts'
import { MessageWriter } from '../../../operators/ipc/message-writer.ts'
import { datasets, readBack } from '../batch/arbitrary-records.ts'
import { batchOf } from '../batch/batch-of.ts'

function messagesOf(batches: readonly Batch[]): Buffer {
  const writer = new MessageWriter()
  return Buffer.concat(batches.flatMap(batch => writer.write(batch)))
}

/** What a reader gives for the bytes in pieces of up to `size`. */
function readPieces(
  schema: Batch['schema'],
  bytes: Uint8Array,
  size: number,
  byteLength = bytes.length,
): Batch[] {
  const reader = new MessageReader(schema, byteLength)
  const batches: Batch[] = []
  for (let at = 0; at < bytes.length; at += size) batches.push(...reader.push(bytes.subarray(at, at + size)))
  reader.finish()
  return batches
}

const some = datasets.filter(records => records.length > 0)

describe('messages', () => {
  test('are read from pieces cut anywhere', () => {
    fc.assert(
      fc.property(
        some,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 700 }),
        (records, times, size) => {
          const batch = batchOf(records)
          const bytes = messagesOf(Array<Batch>(times).fill(batch))
          const batches = readPieces(batch.schema, bytes, size)
          const expected = Array.from({ length: times }, () => readBack(records))
          assert.deepEqual(batches.map(recordsOf), expected)
          assert.deepEqual(decodeSlice(batch.schema, bytes).map(recordsOf), expected)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('that are cut short are CORRUPT', () => {
    const batch = batchOf([
      { a: 1, b: 'x' },
      { a: null, b: 'yy' },
    ])
    const bytes = messagesOf([batch, batch])
    for (let length = 0; length < bytes.length; length++) {
      expect(
        () => readPieces(batch.schema, bytes.subarray(0, length), 64, bytes.length),
        `${length}`,
      ).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
    }
    // A message must not be larger than what is left.
    expect(() => readPieces(batch.schema, bytes, 64, bytes.length - 8)).toThrow(
      expect.objectContaining({ code: 'CORRUPT' }),
    )
  })

  test('that are damaged give batches or CORRUPT, in bounded time and memory', () => {
    const batch = batchOf([
      { a: 1, b: ['x', 'y'], c: true },
      { a: null, b: [], c: false },
    ])
    const bytes = messagesOf([batch])
    let refused = 0
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      try {
        readPieces(batch.schema, damaged, 100)
      } catch (error) {
        assert.ok(error instanceof DunlinError && error.code === 'CORRUPT', `bit ${bit}: ${error}`)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(500)
  })
})
