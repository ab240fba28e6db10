/** The retry budget of a job: how many failed attempts it may still repeat before commits have paid for more. Pure. */
import type { Failure } from '../../../operators/index.ts'

export interface BudgetPolicy {
  /** Retries that a job of any size may start with. */
  readonly least: number
  /** The same for each slot of the backend, where that is more. */
  readonly perSlot: number
  /** What a commit gives back, up to the number that the job started with. */
  readonly perCommit: number
}

/**
 * A token bucket, as in gRPC's retry throttling and the AWS SDKs' retry quota.
 *
 * - Everything in flight may be lost twice over (a region's hiccup, a deployment) before the bucket is empty.
 * - Half a retry a commit: as long as a third of all attempts fail at most, it never empties; 5 % is a bad day.
 * - A cluster that commits nothing ends the job after `capacity` retries, however many tasks there are: 2,000 on a
 *   thousand slots, not 300,000 for a hundred thousand tasks. The cap keeps a long good run from saving up for a bad one.
 */
export const BUDGET_POLICY: BudgetPolicy = { least: 100, perSlot: 2, perCommit: 0.5 }

export interface RetryBudget {
  /** Retries to start with, and to have at most. */
  readonly capacity: number
  /** Retries that may follow now; a retry needs a whole one. */
  readonly left: number
  readonly perCommit: number
}

export function openBudget(slots: number, policy: BudgetPolicy = BUDGET_POLICY): RetryBudget {
  const capacity = Math.max(policy.least, slots * policy.perSlot)
  return { capacity, left: capacity, perCommit: policy.perCommit }
}

export function hasRetry(budget: RetryBudget): boolean {
  return budget.left >= 1
}

/** After a retry was decided on. Not for throttled attempts: they say nothing against the job. */
export function withRetry(budget: RetryBudget): RetryBudget {
  return { ...budget, left: Math.max(0, budget.left - 1) }
}

/** After a task has committed. */
export function withCommit(budget: RetryBudget): RetryBudget {
  const left = Math.min(budget.capacity, budget.left + budget.perCommit)
  return left === budget.left ? budget : { ...budget, left }
}

/** The failure that ends the job where the budget, and not the task's own retries, is used up. */
export function overBudget(failure: Failure, budget: RetryBudget): Failure {
  const spent = `the job has used up its ${budget.capacity} retries and too few tasks commit to earn more`
  return {
    ...failure,
    message: `${failure.message} (not tried again: ${spent})`,
    hint: [failure.hint, 'So many attempts fail that something else is wrong: see the failures of each kind.']
      .filter(text => text !== undefined)
      .join(' '),
  }
}
