/** Whether a failed attempt is followed by another, and after how long: a pure function. */
import type { Failure } from '../../../operators/index.ts'
import { hasRetry, type RetryBudget } from './retry-budget.ts'

export interface RetryPolicy {
  /** Attempts that may follow the first one. */
  readonly retries: number
  /** The same for errors of user functions: they are seldom gone the next time. */
  readonly userFunctionRetries: number
  /** The same for `THROTTLED`, which says nothing against the task and so is counted apart. */
  readonly throttleRetries: number
  /** Longest wait after the first failure; it doubles with each further one. */
  readonly baseMs: number
  readonly maxMs: number
}

export const RETRY_POLICY: RetryPolicy = {
  retries: 3,
  userFunctionRetries: 1,
  throttleRetries: 30,
  baseMs: 100,
  maxMs: 20_000,
}

export type RetryDecision =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly reason: 'not retryable' | 'retries used up' | 'budget used up' }

/**
 * Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter", 2015): a uniform share of
 * `min(maxMs, baseMs × 2^(attempt-1))`, so that tasks that failed together do not come back together.
 *
 * @param attempt how many attempts of the task have failed so far, this one included (throttled attempts and
 *   others are counted apart: for a throttled one, the throttled)
 * @param jitter in [0, 1)
 * @param budget what the job as a whole may still retry; a throttled attempt needs nothing of it
 */
export function retryDelay(options: {
  readonly failure: Failure
  readonly attempt: number
  readonly jitter: number
  readonly policy: RetryPolicy
  readonly budget: RetryBudget
}): RetryDecision {
  const { failure, attempt, jitter, policy, budget } = options
  if (!failure.retryable) return { retry: false, reason: 'not retryable' }
  if (attempt > allowed(failure, policy)) return { retry: false, reason: 'retries used up' }
  if (failure.code !== 'THROTTLED' && !hasRetry(budget)) return { retry: false, reason: 'budget used up' }
  const ceilingMs = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1))
  return { retry: true, delayMs: Math.floor(ceilingMs * jitter) }
}

function allowed(failure: Failure, policy: RetryPolicy): number {
  switch (failure.code) {
    case 'THROTTLED':
      return policy.throttleRetries
    case 'USER_FUNCTION':
      return Math.min(policy.retries, policy.userFunctionRetries)
    default:
      return policy.retries
  }
}
