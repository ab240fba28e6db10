/** The order of keys. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareKeys } from '../../../src/store/key.ts'

it('orders any two keys as their UTF-8 bytes are ordered', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.string({
      unit: fc.constantFrom('a', '/', '-', '\ud7ff', '\ue000', '\uff5e', '\u{10000}', '🐦'),
      maxLength: 5,
    }),
  )
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    { numRuns: 2000 },
  )
})
