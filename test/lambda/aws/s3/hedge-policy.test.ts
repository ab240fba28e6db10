import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hedgeAfterMs } from '../../../../lambda/aws/s3/hedge-policy.ts'

const usual = Array.from({ length: 100 }, (_, i) => 20 + (i % 20))

describe('a second request', () => {
  it('is sent after twice the 95th percentile of recent first bytes', () => {
    expect(hedgeAfterMs({ recentMs: usual, requests: 100, hedges: 0 })).toBe(2 * 38)
  })

  it('is sent as early where one request in twenty hangs', () => {
    const recentMs = usual.map((ms, i) => (i % 20 === 0 ? 5_000 : ms))
    expect(hedgeAfterMs({ recentMs, requests: 100, hedges: 0 })).toBeLessThan(100)
  })

  it('is not sent while nobody knows what is usual', () => {
    expect(hedgeAfterMs({ recentMs: usual.slice(0, 19), requests: 1_000, hedges: 0 })).toBeNull()
  })

  it('is not sent at once, however quick the store is', () => {
    expect(hedgeAfterMs({ recentMs: Array<number>(50).fill(0.1), requests: 50, hedges: 0 })).toBe(20)
  })

  it('is one in twenty at most', () => {
    expect(hedgeAfterMs({ recentMs: usual, requests: 100, hedges: 4 })).not.toBeNull()
    expect(hedgeAfterMs({ recentMs: usual, requests: 100, hedges: 5 })).toBeNull()
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 20, maxLength: 200 }), fc.nat(500), (recentMs, n) => {
        let hedges = 0
        for (let requests = 1; requests <= n; requests++) {
          if (hedgeAfterMs({ recentMs, requests, hedges }) !== null) hedges++
          expect(hedges).toBeLessThanOrEqual(0.05 * requests)
        }
      }),
    )
  })
})
