/** Which running tasks are started a second time because they take too long: a pure decision. */
import { type DurationSketch, expectedMs } from './duration-sketch.ts'

export interface SpeculationPolicy {
  /** Share of a stage's tasks that have committed before any other is called slow. */
  readonly afterShare: number
  /** A task is slow past this many times what the others let expect of it … */
  readonly timesExpected: number
  /** … and this long past what they let expect: a cold start or a repeated request is no straggler. */
  readonly leastOverMs: number
  /** Extra attempts at most, as a share of the stage's tasks; one is always allowed. */
  readonly extraShare: number
  /** Looks come no closer together: each costs a pass over what runs. */
  readonly leastWaitMs: number
}

/**
 * Backup tasks near the end of a wave, for a few per cent of extra work (Dean and Ghemawat, "MapReduce", OSDI 2004,
 * 3.6). Twice the median is past what a busy neighbour does to a task; two seconds are a cold start with its code,
 * with some to spare.
 */
export const SPECULATION_POLICY: SpeculationPolicy = {
  afterShare: 0.75,
  timesExpected: 2,
  leastOverMs: 2_000,
  extraShare: 0.05,
  leastWaitMs: 500,
}

/** A task that has been launched and not committed. */
export interface RunningTask {
  readonly task: number
  /** Launch of its oldest running attempt; milliseconds. */
  readonly startedAt: number
  /** That it reads, or null where not known. */
  readonly bytes: number | null
  /** Attempts that run now. */
  readonly attempts: number
}

export interface StageFacts {
  readonly tasks: number
  readonly committed: number
  /** Extra attempts that were launched so far. */
  readonly speculated: number
}

export interface Speculation {
  /** To start again now: the one that is the furthest over its time first. */
  readonly duplicate: readonly number[]
  /** When the next task would be slow; null where only a launch or a commit can change something. */
  readonly againInMs: number | null
}

const NOTHING: Speculation = { duplicate: [], againInMs: null }

/**
 * Whether so much of the stage is done that `speculate` may find something. While it is so, each launch and commit
 * calls for a look after `leastWaitMs`, unless one is due already.
 */
export function maySpeculate(facts: StageFacts, policy: SpeculationPolicy = SPECULATION_POLICY): boolean {
  const isLate = facts.committed >= policy.afterShare * facts.tasks && facts.committed < facts.tasks
  return isLate && allowance(facts, policy) > 0
}

export function speculate(options: {
  readonly facts: StageFacts
  readonly running: Iterable<RunningTask>
  readonly sketch: DurationSketch
  readonly now: number
  readonly policy?: SpeculationPolicy
}): Speculation {
  const { facts, running, sketch, now, policy = SPECULATION_POLICY } = options
  if (!maySpeculate(facts, policy)) return NOTHING
  const slow: { readonly task: number; readonly overBy: number }[] = []
  let nextMs = Number.POSITIVE_INFINITY
  for (const { task, startedAt, bytes, attempts } of running) {
    const expected = expectedMs(sketch, bytes)
    if (attempts !== 1 || expected === null) continue
    const elapsedMs = now - startedAt
    const limitMs = Math.max(expected * policy.timesExpected, expected + policy.leastOverMs)
    if (elapsedMs > limitMs) slow.push({ task, overBy: elapsedMs / expected })
    else nextMs = Math.min(nextMs, limitMs - elapsedMs)
  }
  slow.sort((a, b) => b.overBy - a.overBy || a.task - b.task)
  const duplicate = slow.slice(0, allowance(facts, policy)).map(({ task }) => task)
  const isSpent = duplicate.length === allowance(facts, policy)
  if (isSpent || nextMs === Number.POSITIVE_INFINITY) return { duplicate, againInMs: null }
  // Past the limit, not on it: a timer may be a millisecond early.
  return { duplicate, againInMs: Math.max(policy.leastWaitMs, Math.ceil(nextMs) + 1) }
}

function allowance({ tasks, speculated }: StageFacts, policy: SpeculationPolicy): number {
  return Math.max(1, Math.floor(policy.extraShare * tasks)) - speculated
}
