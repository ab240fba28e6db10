/** A toy of one stage on a cluster, event by event: what speculation does to its length and to its cost. */
import { NO_DURATIONS, withDuration } from '../../../../src/job/policies/duration-sketch.ts'
import {
  maySpeculate,
  type RunningTask,
  SPECULATION_POLICY,
  speculate,
} from '../../../../src/job/policies/speculation.ts'

export interface ToyStage {
  readonly slots: number
  /** Of each task. */
  readonly bytes: readonly number[]
  /** How long an attempt takes; called once for each launch. */
  readonly durationMs: (task: number, attempt: number) => number
  readonly speculates: boolean
  /** What the driver knows of the bytes. Default: all. */
  readonly knowsBytes?: boolean
}

export interface Played {
  readonly wallMs: number
  /** Attempts beyond one a task. */
  readonly extra: number
  /** Share of the tasks that had committed at the first extra launch. */
  readonly firstExtraAt: number | null
  readonly looks: number
}

interface Attempt {
  readonly task: number
  readonly startedAt: number
  readonly endsAt: number
}

/**
 * A look is due some time after a launch or a commit, or when the look before it says so. The loser of two attempts is stopped when the
 * other one commits.
 */
export function play(stage: ToyStage): Played {
  const { slots, bytes, durationMs, speculates, knowsBytes = true } = stage
  const known = (task: number): number | null => (knowsBytes ? bytes[task]! : null)
  const tries = bytes.map(() => 0)
  let pending = bytes.map((_, task) => task)
  let duplicates: number[] = []
  let attempts: Attempt[] = []
  let sketch = NO_DURATIONS
  let now = 0
  let committed = 0
  let speculated = 0
  let firstExtraAt: number | null = null
  let lookAt = Number.POSITIVE_INFINITY
  let looks = 0

  const launch = (): void => {
    while (attempts.length < slots && pending.length + duplicates.length > 0) {
      const isExtra = pending.length === 0
      const task = isExtra ? duplicates.shift()! : pending.shift()!
      if (isExtra) firstExtraAt ??= committed / bytes.length
      const attempt = ++tries[task]!
      attempts.push({ task, startedAt: now, endsAt: now + durationMs(task, attempt) })
    }
  }
  const callForLook = (): void => {
    const may = speculates && maySpeculate({ tasks: bytes.length, committed, speculated })
    if (may && lookAt === Number.POSITIVE_INFINITY) lookAt = now + SPECULATION_POLICY.leastWaitMs
  }
  const look = (): void => {
    looks++
    const byTask = Map.groupBy(attempts, a => a.task)
    const running = [...byTask].map(
      ([task, all]): RunningTask => ({
        task,
        startedAt: all[0]!.startedAt,
        bytes: known(task),
        attempts: all.length,
      }),
    )
    const facts = { tasks: bytes.length, committed, speculated }
    const { duplicate, againInMs } = speculate({ facts, running, sketch, now })
    duplicates = [...duplicates, ...duplicate]
    speculated += duplicate.length
    lookAt = againInMs === null ? Number.POSITIVE_INFINITY : now + againInMs
  }

  launch()
  while (committed < bytes.length) {
    const first = attempts.reduce((a, b) => (b.endsAt < a.endsAt ? b : a))
    if (lookAt < first.endsAt) {
      now = lookAt
      look()
    } else {
      now = first.endsAt
      committed++
      sketch = withDuration(sketch, { durationMs: now - first.startedAt, bytes: known(first.task) })
      attempts = attempts.filter(a => a.task !== first.task)
      duplicates = duplicates.filter(task => task !== first.task)
      pending = pending.filter(task => task !== first.task)
      callForLook()
    }
    launch()
  }
  const launched = tries.reduce((a, b) => a + b, 0)
  return { wallMs: now, extra: launched - bytes.length, firstExtraAt, looks }
}

/** Uniform numbers in [0, 1) from a seed (Steele and Vigna's splitmix32). */
export function uniform(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
}
