/** The retry budget: a broken cluster runs out of it, a working one does not. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RETRY_POLICY, retryDelay } from '../../../../src/job/policies/retry.ts'
import {
  BUDGET_POLICY,
  hasRetry,
  openBudget,
  overBudget,
  type RetryBudget,
  withCommit,
  withRetry,
} from '../../../../src/job/policies/retry-budget.ts'
import { failure } from '../plans.ts'

const lost = failure('WORKER_LOST', { retryable: true }).failure

/** Every attempt fails with a chance of `failing` in 1000, until all tasks have committed or the budget is empty. */
function played(tasks: number, slots: number, failing: number, tape: () => number) {
  let budget = openBudget(slots)
  let retries = 0
  let committed = 0
  while (committed < tasks) {
    if (tape() < failing) {
      if (!hasRetry(budget)) break
      budget = withRetry(budget)
      retries++
    } else {
      budget = withCommit(budget)
      committed++
    }
  }
  return { retries, committed }
}

/** A linear congruential generator (Knuth, MMIX's high bits), 0 … 999. */
function chances(seed: number): () => number {
  let state = BigInt(seed)
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
    return Number(state >> 33n) % 1000
  }
}

test('it holds what is in flight twice over, and a hundred at least', () => {
  expect(openBudget(4).left).toBe(100)
  expect(openBudget(1_000).left).toBe(2_000)
})

test('a cluster that commits nothing is given up after two thousand retries, not three hundred thousand', () => {
  expect(played(100_000, 1_000, 1_000, chances(1))).toEqual({ retries: 2_000, committed: 0 })
})

test('a cluster that loses one attempt of twenty, or a quarter of them, never empties it', () => {
  for (const failing of [50, 250]) {
    for (let seed = 1; seed <= 20; seed++) {
      expect(played(20_000, 4, failing, chances(seed)).committed).toBe(20_000)
    }
  }
})

test('a cluster that breaks after a long good run does not live on what it has saved', () => {
  let budget = openBudget(10)
  for (let i = 0; i < 50_000; i++) budget = withCommit(budget)
  let retries = 0
  for (; hasRetry(budget); retries++) budget = withRetry(budget)
  expect(retries).toBe(100)
})

test('retries never outrun the start and half of the commits; what is left stays within its bounds', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.array(fc.boolean(), { maxLength: 500 }), (slots, failures) => {
      let budget: RetryBudget = openBudget(slots)
      let retries = 0
      let commits = 0
      for (const failed of failures) {
        if (!failed) commits++
        if (failed && !hasRetry(budget)) continue
        if (failed) retries++
        budget = failed ? withRetry(budget) : withCommit(budget)
        expect(budget.left).toBeGreaterThanOrEqual(0)
        expect(budget.left).toBeLessThanOrEqual(budget.capacity)
        expect(retries).toBeLessThanOrEqual(budget.capacity + commits * BUDGET_POLICY.perCommit)
      }
    }),
  )
})

test('an empty budget ends retries, but not those of throttled attempts', () => {
  const budget = { ...openBudget(1), left: 0.5 }
  const asked = { attempt: 1, jitter: 0.5, policy: RETRY_POLICY, budget }
  expect(retryDelay({ ...asked, failure: lost })).toEqual({ retry: false, reason: 'budget used up' })
  const throttled = failure('THROTTLED', { retryable: true }).failure
  expect(retryDelay({ ...asked, failure: throttled })).toEqual({ retry: true, delayMs: 50 })
  expect(retryDelay({ ...asked, failure: lost, budget: openBudget(1) })).toEqual({ retry: true, delayMs: 50 })
})

test('the failure that ends the job says that the job, not the task, has no retries left', () => {
  expect(overBudget({ ...lost, hint: 'Look.' }, openBudget(4))).toEqual({
    ...lost,
    message:
      'it failed with WORKER_LOST (not tried again: the job has used up its 100 retries and too few tasks commit to earn more)',
    hint: 'Look. So many attempts fail that something else is wrong: see the failures of each kind.',
  })
})
