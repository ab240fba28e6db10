/** Fixed-length records are read once each, however the file is cut and arrives. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BATCH_BYTES, BATCH_ROWS } from '../../../operators/batch/batch.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import { createSplitReader } from '../../../operators/formats/split-reader.ts'
import type { Batch, ReadFormat } from '../../../operators/index.ts'
import { readInSplits, WHOLE } from './split-reading.ts'

const format = (length: number, key?: readonly [number, number]): ReadFormat => ({
  format: 'records',
  length,
  ...(key && { key }),
})

const numbered = (bytes: number): Uint8Array => new Uint8Array(bytes).map((_, i) => i ^ (i >> 8))

const valuesOf = (records: readonly unknown[]): string[] =>
  records.map(record => Buffer.from((record as { value: Uint8Array }).value).toString('hex'))

function valuesIn(object: Uint8Array, length: number): string[] {
  const hex = Buffer.from(object).toString('hex')
  return hex.match(new RegExp(`.{${2 * length}}`, 'g')) ?? []
}

describe('reading fixed-length records', () => {
  test('gives each record once and in order, whatever the splits and pieces', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 })
    const arbitrary = fc.record({
      length: fc.integer({ min: 1, max: 40 }),
      records: fc.nat(60),
      splitBytes: fc.integer({ min: 1, max: 700 }),
      pieceBytes: sizes,
    })
    fc.assert(
      fc.property(arbitrary, ({ length, records, splitBytes, pieceBytes }) => {
        const object = numbered(length * records)
        const read = readInSplits(format(length), object, { splitBytes, pieceBytes })
        assert.deepEqual(valuesOf(read.records), valuesIn(object, length))
      }),
      { numRuns: 500 },
    )
  })

  test('asks for no bytes but those of its records', () => {
    const object = numbered(1000)
    const reader = createSplitReader(format(100), { uri: 'a.bin', start: 150, end: 420 })
    expect([reader.from, reader.to]).toEqual([200, 500])
    expect(reader.push(object.subarray(200, 499), () => {})).toBe(false)
    expect(reader.push(object.subarray(499), () => {})).toBe(true)
  })

  test('finds no record in a split that lies inside one', () => {
    const reader = createSplitReader(format(100), { uri: 'a.bin', start: 110, end: 190 })
    expect([reader.from, reader.to]).toEqual([200, 200])
    expect(reader.push(numbered(100), () => expect.unreachable())).toBe(true)
    reader.finish(() => expect.unreachable())
  })

  test('gives one column of whole records, and says where the key lies', () => {
    const { batches, records } = readInSplits(format(6, [1, 2]), numbered(12))
    expect(batches).toHaveLength(1)
    expect(batches[0]!.schema).toEqual({
      shape: 'record',
      key: [1, 2],
      fields: [{ name: 'value', type: { kind: 'fixedBinary', byteLength: 6 } }],
    })
    expect(records[1]).toEqual({
      key: Uint8Array.of(7, 8),
      value: Uint8Array.of(6, 7, 8, 9, 10, 11),
    })
    expect('key' in readInSplits(format(6), numbered(6)).batches[0]!.schema).toBe(false)
  })

  test('fills batches to their bounds, wherever pieces end', () => {
    const object = numbered(100 * 90_000)
    const batchesOf = (pieceBytes: number): Batch[] => [
      ...readInSplits(format(100), object, { ...WHOLE, pieceBytes: [pieceBytes] }).batches,
    ]
    const { pieceBytes } = createSplitReader(format(100), { uri: 'a.bin', start: 0, end: 1 })
    const expected = pieceBytes! / 100
    const lengths = Array.from({ length: Math.ceil(90_000 / expected) }, (_, i) =>
      Math.min(expected, 90_000 - i * expected),
    )
    for (const batches of [1 << 20, 999_937, pieceBytes!, pieceBytes! - 100, 5 << 20].map(batchesOf)) {
      expect(batches.map(batch => batch.length)).toEqual(lengths)
      for (const batch of batches) expect(batchBytes(batch)).toBeLessThanOrEqual(BATCH_BYTES)
    }
    const tiny = readInSplits(format(1), numbered(BATCH_ROWS + 5)).batches
    expect(tiny.map(batch => batch.length)).toEqual([BATCH_ROWS, 5])
    const huge = readInSplits(format(BATCH_BYTES + 1), numbered(2 * (BATCH_BYTES + 1))).batches
    expect(huge.map(batch => batch.length)).toEqual([1, 1])
  })

  test('makes a batch of a piece that is just one, without a copy', () => {
    const reader = createSplitReader(format(100), { uri: 'a.bin', start: 0, end: 3_000_000 })
    const { pieceBytes = 0 } = reader
    const pieces = [numbered(pieceBytes), numbered(pieceBytes), numbered(3_000_000 - 2 * pieceBytes)]
    const given: Uint8Array[] = []
    const emit = (batch: Batch): void => {
      given.push((batch.columns[0] as { bytes: Uint8Array }).bytes)
    }
    expect(pieces.map(piece => reader.push(piece, emit))).toEqual([false, false, true])
    reader.finish(emit)
    expect(given.map(bytes => bytes.buffer)).toEqual(pieces.map(piece => piece.buffer))
    for (const [i, bytes] of given.entries()) {
      expect(bytes.buffer).toBe(pieces[i]!.buffer)
      expect([bytes.byteOffset, bytes.length]).toEqual([0, pieces[i]!.length])
    }
  })

  test('of an object of unknown length goes on to its end', () => {
    const given: Batch[] = []
    const reader = createSplitReader(format(10), { uri: 'a.gz', start: 0, end: Number.POSITIVE_INFINITY })
    const object = numbered(1_000_000)
    for (let at = 0; at < object.length; at += 65_537) {
      expect(reader.push(object.subarray(at, at + 65_537), batch => given.push(batch))).toBe(false)
    }
    reader.finish(batch => given.push(batch))
    const bytes = given.flatMap(batch => [...(batch.columns[0] as { bytes: Uint8Array }).bytes])
    expect(bytes.length).toBe(object.length)
    expect(Buffer.compare(Uint8Array.from(bytes), object)).toBe(0)
  })

  test('of an empty object gives nothing', () => {
    expect(readInSplits(format(100), new Uint8Array(0)).batches).toEqual([])
  })

  test.each([
    [250, Number.MAX_SAFE_INTEGER, 200, 50],
    [250, 60, 200, 50],
    [301, 100, 300, 1],
    [99, 10, 0, 99],
  ])('of %i bytes says which record is cut short (splits of %i)', (bytes, splitBytes, offset, has) => {
    expect(() => readInSplits(format(100), numbered(bytes), { ...WHOLE, splitBytes })).toThrow(
      expect.objectContaining({
        code: 'BAD_RECORD',
        message: `memory://test/object ends inside a record: the record at byte ${offset} has ${has} of its 100 bytes`,
        place: { at: `memory://test/object at byte ${offset}` },
      }),
    )
  })
})
