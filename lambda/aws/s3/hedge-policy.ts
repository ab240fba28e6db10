/** When a slow request is raced by a second one: a rule of numbers alone. */

export interface FirstByteHistory {
  /** Milliseconds to the first byte of the last requests, in any order. */
  readonly recentMs: readonly number[]
  /** Requests so far, and the second ones among what was sent besides. */
  readonly requests: number
  readonly hedges: number
}

/** How many first bytes are remembered. */
export const REMEMBERED = 128
/** With fewer nobody knows what is usual. */
const FEWEST = 20
const EXTRA_SHARE = 0.05
const QUANTILE = 0.95
const FACTOR = 2
/** A second request costs about that much by itself. */
const LEAST_MS = 20

/**
 * Milliseconds after which a second request is sent; null where none may be. That is twice the 95th percentile, about the
 * 99th of S3's usual first bytes, and still usual where one request in twenty hangs. At most 5 % are sent besides.
 *
 * After: J. Dean, L. Barroso, The Tail at Scale (2013), "hedged requests".
 *
 * @example
 * hedgeAfterMs({ recentMs: Array(20).fill(30), requests: 20, hedges: 0 }) // 60
 */
export function hedgeAfterMs({ recentMs, requests, hedges }: FirstByteHistory): number | null {
  if (recentMs.length < FEWEST || hedges + 1 > EXTRA_SHARE * requests) return null
  const sorted = [...recentMs].sort((a, b) => a - b)
  const usual = sorted[Math.ceil(QUANTILE * sorted.length) - 1]!
  return Math.max(LEAST_MS, FACTOR * usual)
}
