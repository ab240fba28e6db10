import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readInSplits } from './split-reading.ts'
import { batchesOf, fileOf, textOf } from './writing.ts'

const TEXT = { format: 'text', onInvalid: 'fail' } as const

function failure(records: readonly unknown[]): unknown {
  try {
    textOf('text', records)
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('text writer', () => {
  test('any lines read back as they were', () => {
    const line = fc
      .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\uFEFF', '\uFEFF\uFEFFx', 'a\rb', '\r\rx'))
      .map(text => text.replaceAll('\n', '').replace(/\r+$/, ''))
    fc.assert(
      fc.property(fc.array(line), lines => {
        expect(readInSplits(TEXT, fileOf('text', batchesOf(lines, 3))).records).toEqual(lines)
      }),
      { numRuns: 500 },
    )
  })

  test('values other than strings are written as String(value), dates as ISO 8601', () => {
    expect(textOf('text', [1, -0, 2.5, Number.NaN])).toBe('1\n0\n2.5\nNaN\n')
    expect(textOf('text', [true, false])).toBe('true\nfalse\n')
    expect(textOf('text', [12345678901234567890n % 2n ** 63n])).toBe(`${12345678901234567890n % 2n ** 63n}\n`)
    expect(textOf('text', [new Date(0)])).toBe('1970-01-01T00:00:00.000Z\n')
    expect(textOf('text', [])).toBe('')
  })

  test.each([
    [['a', 'b\nc'], 'BAD_RECORD', 'a value holds a line feed: it would become two records', '"b\\nc"'],
    [['a\r'], 'BAD_RECORD', 'a value ends in a carriage return, which is part of a line end', '"a\\r"'],
    [['a', null], 'TYPE_MISMATCH', 'null has no text form, so it cannot be a line', 'null'],
    [[null], 'TYPE_MISMATCH', 'null has no text form, so it cannot be a line', 'null'],
    [
      [{ a: 1 }],
      'TYPE_MISMATCH',
      'text needs one value a record, but records are object { a: float64 }',
      '{ a: 1 }',
    ],
    [
      [['k', 1]],
      'TYPE_MISMATCH',
      'text needs one value a record, but records are pair (utf8, float64)',
      '["k", 1]',
    ],
  ])('refuses %j', (records, code, message, record) => {
    expect(failure(records)).toMatchObject({
      code,
      message,
      hint: expect.stringContaining('write.jsonl'),
      place: { operator: 'Write text', record },
    })
  })
})
