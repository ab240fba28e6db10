/** Sums of int64 in two words. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Int64Sums } from '../../../operators/aggregate/int64-words.ts'

it('sums of int64 in two words are those of bigints, and known to fit or not', () => {
  const edge = fc.constantFrom(2n ** 32n, -(2n ** 32n), 2n ** 32n - 1n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n))
  const value = fc.oneof(edge, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), values => {
      const sums = new Int64Sums()
      sums.resize(1)
      for (const one of values) sums.add(0, one)
      const sum = values.reduce((a, b) => a + b, 0n)
      expect(sums.fits(0)).toBe(BigInt.asIntN(64, sum) === sum)
      expect(sums.sumOf(0)).toBe(BigInt.asIntN(64, sum))
      expect(Math.abs(sums.numberOf(0) - Number(sum))).toBeLessThanOrEqual(
        Math.abs(Number(sum)) * Number.EPSILON,
      )
    }),
    { numRuns: 500 },
  )
})
