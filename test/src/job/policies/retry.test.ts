/** The retry policy is a pure function: what it says is all there is. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RETRY_POLICY, retryDelay } from '../../../../src/job/policies/retry.ts'
import { openBudget } from '../../../../src/job/policies/retry-budget.ts'
import { failure } from '../plans.ts'

const budget = openBudget(4)
const policy = { ...RETRY_POLICY, retries: 3, baseMs: 100, maxMs: 1_000 }
const lost = failure('WORKER_LOST', { retryable: true }).failure

function waits(of: typeof lost, jitter: number, attempts: number): (number | string)[] {
  return Array.from({ length: attempts }, (_, i) => {
    const decision = retryDelay({ failure: of, attempt: i + 1, jitter, policy, budget })
    return decision.retry ? decision.delayMs : decision.reason
  })
}

test('the wait doubles with each failure, up to its longest, until the retries are used up', () => {
  expect(waits(lost, 0.5, 5)).toEqual([50, 100, 200, 'retries used up', 'retries used up'])
  const throttled = failure('THROTTLED', { retryable: true }).failure
  expect(waits(throttled, 0.5, 6)).toEqual([50, 100, 200, 400, 500, 500])
  expect(waits(throttled, 0.5, 31).slice(29)).toEqual([500, 'retries used up'])
})

test('the jitter is full: any share of the wait, never the whole of it', () => {
  expect(waits(lost, 0, 3)).toEqual([0, 0, 0])
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(40),
      (jitter, attempt) => {
        const decision = retryDelay({
          failure: lost,
          attempt,
          jitter,
          policy: { ...policy, retries: 99 },
          budget,
        })
        if (!decision.retry) throw new Error(decision.reason)
        expect(decision.delayMs).toBeGreaterThanOrEqual(0)
        expect(decision.delayMs).toBeLessThan(Math.min(1_000, 100 * 2 ** (attempt - 1)) + 1)
        expect(Number.isInteger(decision.delayMs)).toBe(true)
      },
    ),
  )
})

test('what another attempt cannot mend is not retried', () => {
  expect(waits(failure('BAD_RECORD').failure, 0.5, 1)).toEqual(['not retryable'])
})

test('an error of a user function is retried once at most', () => {
  const thrown = failure('USER_FUNCTION', { retryable: true }).failure
  expect(waits(thrown, 0.5, 2)).toEqual([50, 'retries used up'])
  expect(
    retryDelay({ failure: thrown, attempt: 1, jitter: 0, policy: { ...policy, retries: 0 }, budget }).retry,
  ).toBe(false)
})
