/** What an attempt has cost is added up when it answers, whatever comes of it. */
import type { TaskResult } from '../task/task-event.ts'
import { memoryOf } from './launch.ts'
import { type AttemptCost, costOf } from './policies/cost.ts'
import type { Step, TaskRef } from './step.ts'

export interface Answer {
  readonly attempt: number
  readonly result: TaskResult
  readonly jitter: number
  readonly launchedAt: number
  /** What the attempt was given; absent: what the task is given now. */
  readonly memoryMb?: number
}

/** As events say it. */
export type Costs = { readonly cost?: AttemptCost }

export type CountedAnswer = Answer & { readonly costs: Costs }

/** To be called once for each attempt. */
export function takeCost(step: Step, ref: TaskRef, { result, launchedAt, memoryMb }: Answer): Costs {
  const { backend, spent, now } = step.state
  if (backend.prices === undefined) return {}
  const attempt = { memoryMb: memoryMb ?? memoryOf(step, ref), result, waitedMs: now - launchedAt }
  const cost = costOf(attempt, backend.prices)
  if (cost === null) return {}
  step.update({ spent: spent + cost.dollars })
  return { cost }
}
