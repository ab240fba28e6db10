/** Previews are short whatever they show. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { previewOf } from '../../../operators/batch/preview.ts'

test.each([
  [{ a: 1, 'b c': 'x', d: [1, 2, 3, 4, 5] }, '{ a: 1, "b c": "x", d: [1, 2, 3, 4, …] }'],
  ['é"\n', '"é\\"\\n"'],
  [-0, '-0'],
  [5n, '5n'],
  [null, 'null'],
  [undefined, 'undefined'],
  [new Date(0), 'Date 1970-01-01T00:00:00.000Z'],
  [new Date(Number.NaN), 'Invalid Date'],
  [new Map(), 'Map'],
  [Float64Array.of(1), 'Float64Array(8 bytes)'],
  [{}, '{}'],
  [{ a: { b: { c: { d: 1 } } } }, '{ a: { b: { c: {…} } } }'],
  [function named() {}, 'function named'],
])('%o', (value, text) => {
  expect(previewOf(value)).toBe(text)
})

test('of anything is at most 120 characters', () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withTypedArray: true, withMap: true }),
      value => previewOf(value).length <= 120,
    ),
  )
})
