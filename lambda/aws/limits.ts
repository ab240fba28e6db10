/** What Lambda and S3 allow and how fast they are, with the date on which it was looked up. */

/** As of November 2026; quotas of an account are what `GetAccountSettings` says. Source: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and lambda-concurrency.html. */
export interface LambdaLimits {
  readonly leastMemoryMb: number
  readonly mostMemoryMb: number
  /** Megabytes that come with a whole processor. */
  readonly memoryMbPerProcessor: number
  readonly mostTimeoutMs: number
  /** Invocations at once of all functions of an account in a region; new accounts get less. */
  readonly concurrency: number
  /** Environments of one function that are there at once, and that are added in a second. */
  readonly ramp: { readonly initial: number; readonly perSecond: number }
  /** Both ways. */
  readonly mostPayloadBytes: number
  /** Network of one environment, sustained. Measured by others, not documented. */
  readonly bytesPerSecond: number
}

/** As of November 2026. Source: docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html and qfacts.html. */
export interface S3Limits {
  /** Requests a second to one prefix that S3 has partitioned; a fresh one has one partition, beyond is 503. */
  readonly putsPerSecond: number
  readonly getsPerSecond: number
}

const MIB = 2 ** 20

const LAMBDA: LambdaLimits = {
  leastMemoryMb: 128,
  mostMemoryMb: 10_240,
  memoryMbPerProcessor: 1_769,
  mostTimeoutMs: 900_000,
  concurrency: 1_000,
  ramp: { initial: 1_000, perSecond: 100 },
  mostPayloadBytes: 6 * MIB,
  bytesPerSecond: 75e6,
}

const S3: S3Limits = { putsPerSecond: 3_500, getsPerSecond: 5_500 }

/**
 * Lambda's limits, with what an account has agreed upon otherwise.
 *
 * @example
 * lambdaLimits({ concurrency: 10_000 }).concurrency // 10000
 */
export const lambdaLimits = (own: Partial<LambdaLimits> = {}): LambdaLimits => ({ ...LAMBDA, ...own })

/**
 * S3's limits, with those of a bucket whose prefixes have been partitioned.
 *
 * @example
 * s3Limits({ getsPerSecond: 55_000 }).putsPerSecond // 3500
 */
export const s3Limits = (own: Partial<S3Limits> = {}): S3Limits => ({ ...S3, ...own })
