/** Previews of records in errors. */
import { describe, expect, it } from 'vitest'
import { recordPreview } from '../../../operators/rows/user-error.ts'

describe('the preview of a record', () => {
  const cycle: Record<string, unknown> = { a: 1 }
  cycle['self'] = cycle
  const values: [string, unknown][] = [
    ['a long string', 'x'.repeat(10_000)],
    ['lines', 'a\nb\u2028c\u0085d'],
    ['a lone surrogate', '\ud800'],
    ['a bigint', 12n],
    ['a cycle', cycle],
    ['a getter that throws', { get a() { throw new Error('no') } }], // biome-ignore format: short
    ['a proxy that throws', new Proxy({}, { ownKeys: () => { throw new Error('no') } })], // biome-ignore format: short
    ['a revoked proxy', revoked()],
    ['a symbol', Symbol('s')],
    ['a class', class A {}],
    ['an invalid date', new Date(Number.NaN)],
    [
      'a wide object',
      Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`field ${i}`, 'x'.repeat(50)])),
    ],
    ['nothing', undefined],
  ]

  it.each(values)('of %s is one short line', (_, value) => {
    const text = recordPreview(value)
    expect(text.length).toBeLessThanOrEqual(121)
    expect(text).not.toMatch(/[\n\r\u2028\u2029\u0085]/)
    expect(text.isWellFormed()).toBe(true)
    expect(text).not.toBe('')
  })

  it('shows the record', () => {
    expect(recordPreview({ a: 1, b: ['x', 2n] })).toBe('{ a: 1, b: ["x", 2n] }')
  })
})

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
