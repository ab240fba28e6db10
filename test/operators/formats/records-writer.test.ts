/** What is written as fixed-length records are their bytes, one after another. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPartWriter } from '../../../operators/formats/part-writer.ts'
import type { Batch, Schema } from '../../../operators/index.ts'
import { bytesBatch, recordBatch } from '../batch/record-batches.ts'
import { readInSplits } from './split-reading.ts'
import { batchesOf, fileOf, textOf } from './writing.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const texts = (batches: readonly Batch[], schema: Schema | null = null): string =>
  Buffer.from(fileOf('records', batches, schema)).toString()
const refusal = (message: string) => expect.objectContaining({ code: 'TYPE_MISMATCH', message })

describe('writing fixed-length records', () => {
  test('gives back the file that they were read from', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(50), fc.nat(99), (length, rows, splitBytes) => {
        const object = new Uint8Array(length * rows).map((_, i) => i * 7)
        const { batches } = readInSplits({ format: 'records', length }, object, {
          splitBytes: splitBytes + 1,
          pieceBytes: [13],
        })
        expect(Buffer.compare(fileOf('records', batches), object)).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  test('takes records, bytes, and objects with bytes as value', () => {
    expect(texts([recordBatch(['abc', 'def'], [0, 1])])).toBe('abcdef')
    expect(texts(batchesOf([bytes('ab'), bytes('cd')]))).toBe('abcd')
    expect(texts(batchesOf([{ value: bytes('ab') }, { value: bytes('cd') }]))).toBe('abcd')
    expect(texts(batchesOf([{ key: bytes('b'), value: bytes('ab') }]))).toBe('ab')
    expect(texts([recordBatch(['ab']), ...batchesOf([bytes('cd')])])).toBe('abcd')
  })

  test('shares the bytes of large batches, between small ones, in order', () => {
    const large = bytesBatch(new Uint8Array(600_000).fill(0x6c), 3)
    const writer = createPartWriter('records', null)
    const pieces = [recordBatch(['abc']), large, recordBatch(['xyz']), large].flatMap(b => writer.push(b))
    const file = Buffer.concat([...pieces, ...writer.finish()]).toString()
    const middle = 'l'.repeat(600_000)
    expect(file === `abc${middle}xyz${middle}`).toBe(true)
    expect(
      pieces.some(piece => piece.buffer === (large.columns[0] as { bytes: Uint8Array }).bytes.buffer),
    ).toBe(true)
  })

  test('writes no more than the rows of a batch that has room for more', () => {
    const batch = recordBatch(['abc', 'def', 'ghi'])
    const [column] = batch.columns
    const first = { ...batch, length: 2, columns: [{ ...column!, length: 2 }] } as Batch
    expect(texts([first])).toBe('abcdef')
  })

  test('of nothing gives an empty file', () => {
    expect(texts([])).toBe('')
    expect(texts([], recordBatch([]).schema)).toBe('')
  })

  test('refuses a second length', () => {
    const message = 'fixed-length records were given one of 2 bytes and one of 3'
    expect(() => texts(batchesOf([bytes('ab'), bytes('abc')]))).toThrow(refusal(message))
    expect(() => texts([recordBatch(['ab']), recordBatch(['abc'])])).toThrow(refusal(message))
    expect(() => texts(batchesOf([bytes('ab'), bytes('cd'), bytes('efg')], 1))).toThrow(
      expect.objectContaining({
        place: { operator: 'Write records', record: 'Uint8Array(3 bytes: 656667)' },
      }),
    )
  })

  test('refuses records of no bytes', () => {
    expect(() => texts(batchesOf([bytes('')]))).toThrow(refusal('a record of no bytes cannot be written'))
  })

  test.each([
    [[bytes('ab'), null], 'null'],
    [[null], 'null'],
    [[{ value: bytes('ab') }, { value: null }], '{ value: null }'],
  ])('refuses null: %#', (records, record) => {
    expect(() => texts(batchesOf(records))).toThrow(
      expect.objectContaining({
        code: 'TYPE_MISMATCH',
        message: 'null has no bytes, so it cannot be a fixed-length record',
        place: { operator: 'Write records', record },
      }),
    )
  })

  test.each([
    [['text'], 'scalar utf8'],
    [[{ a: bytes('ab') }], 'object { a: binary }'],
    [[{ value: 'text' }], 'object { value: utf8 }'],
    [[{ value: bytes('ab'), note: 1 }], 'object { value: binary, note: float64 }'],
    [[[bytes('a'), bytes('ab')]], 'pair (binary, binary)'],
  ])('refuses what is no bytes, or more than bytes: %#', (records, schema) => {
    const message = `fixed-length records are bytes, but the records are ${schema}`
    const batches = batchesOf(records)
    expect(() => texts(batches)).toThrow(refusal(message))
    expect(() => texts([], batches[0]!.schema)).toThrow(refusal(message))
  })
})

describe('fixed-length records in other formats', () => {
  const batch = recordBatch(['abc', 'xyz'], [0, 1])

  test('are their whole bytes as base64', () => {
    expect(Buffer.from(fileOf('csv', [batch])).toString()).toBe('value\nYWJj\neHl6\n')
    expect(Buffer.from(fileOf('jsonl', [batch])).toString()).toBe('{"value":"YWJj"}\n{"value":"eHl6"}\n')
    expect(textOf('csv', [{ value: bytes('abc') }])).toBe('value\nYWJj\n')
  })

  test('have no text form', () => {
    expect(() => fileOf('text', [batch])).toThrow(/record of 3 bytes, key 0\.\.1/)
  })
})
