/** awsRates: what the planner estimates requests, seconds and dollars by on AWS. */
import type { EngineFacts } from '../../src/worker.ts'
import { type Architecture, DEFAULT_MEMORY_SIZES_MB, MOST_TIMEOUT_MS } from './deployment.ts'
import { lambdaLimits, s3Limits } from './limits.ts'
import { type AwsPrices, engineDollars, pricesOf } from './prices.ts'
import { UPLOADS } from './s3/part-size.ts'

export interface RateOptions {
  readonly region: string
  readonly architecture: Architecture
  /** As deployed: the usual ones where absent. */
  readonly memorySizesMb?: readonly number[]
  readonly timeoutMs?: number
  /** What is known better than by the table. */
  readonly prices?: Partial<AwsPrices>
  /** Of the bucket's prefixes. */
  readonly requestsPerSecond?: { readonly gets: number; readonly puts: number }
}

/**
 * All facts of an engine but its name and its slots.
 *
 * @example
 * awsRates({ region: 'us-east-1', architecture: 'arm64' }).dollars.priced // 'us-east-1, 2026-11'
 */
export function awsRates(options: RateOptions): Omit<EngineFacts, 'name' | 'slots'> {
  const { region, architecture, memorySizesMb = DEFAULT_MEMORY_SIZES_MB, prices, requestsPerSecond } = options
  const { timeoutMs: mostTimeoutMs = MOST_TIMEOUT_MS } = options
  const { getsPerSecond, putsPerSecond } = s3Limits()
  return {
    memorySizesMb,
    mostTimeoutMs,
    bytesPerSecond: lambdaLimits().bytesPerSecond,
    requestsPerSecond: requestsPerSecond ?? { gets: getsPerSecond, puts: putsPerSecond },
    uploads: UPLOADS,
    dollars: engineDollars(pricesOf(region, prices), architecture),
  }
}
