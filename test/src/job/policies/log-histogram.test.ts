/** The histogram's median is that of the values, to within what its bins allow. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  EMPTY_HISTOGRAM,
  type LogHistogram,
  medianOf,
  withValue,
} from '../../../../src/job/policies/log-histogram.ts'

const histogramOf = (values: readonly number[]): LogHistogram => values.reduce(withValue, EMPTY_HISTOGRAM)

/** The lower one of the middle two, where their number is even. */
const exactMedian = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1]!

const measured = fc.oneof(
  fc.double({ min: 1, max: 1e9, noNaN: true }),
  fc.double({ min: 1e-9, max: 1, noNaN: true }),
)

test('nothing has no median', () => {
  expect(medianOf(EMPTY_HISTOGRAM)).toBeNull()
})

test('the median is within 5 % of the exact one, whatever the order of the values', () => {
  fc.assert(
    fc.property(fc.array(measured, { minLength: 1, maxLength: 200 }), values => {
      const median = medianOf(histogramOf(values))!
      expect(Math.abs(median / exactMedian(values) - 1)).toBeLessThan(0.05)
      expect(medianOf(histogramOf([...values].reverse()))).toBe(median)
    }),
  )
})

test('a value more leaves the histogram before it as it was', () => {
  const before = histogramOf([5, 80])
  const copy = structuredClone(before)
  for (const value of [1, 5, 80, 1_000]) withValue(before, value)
  expect(before).toEqual(copy)
})

test('values beyond all bounds keep its size bounded', () => {
  const odd = [0, -1, Number.NaN, Number.MIN_VALUE, Number.MAX_VALUE, Number.POSITIVE_INFINITY]
  expect(histogramOf(odd).counts.length).toBeLessThanOrEqual(640)
  expect(histogramOf(odd).total).toBe(6)
})

test('durations of one kind of work fit into a few dozen bins', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => 2_000 + (i % 97) * 100)
  expect(histogramOf(values).counts.length).toBeLessThan(30)
})
