/** What follows when an attempt has failed: the decisions of the policies on retries, memory and the job's budget, as one. */
import type { Failure } from '../../operators/index.ts'
import { isBroadcast, partitionsOf, type StageInput } from '../../planner/index.ts'
import { memoryOf } from './launch.ts'
import { afterOutOfMemory, type MemoryDemand } from './policies/memory.ts'
import { type RetryDecision, retryDelay } from './policies/retry.ts'
import { overBudget } from './policies/retry-budget.ts'
import { MANIFEST, type Tries } from './state.ts'
import type { Step, TaskRef } from './step.ts'
import { bytesOf } from './task-bytes.ts'

export interface AfterFailure {
  /** Of the task, this failure counted. */
  readonly tries: Tries
  /** How long until the next attempt; null where there is none. */
  readonly delayMs: number | null
  /** What the task fails with where there is none: it may say more than what was reported. */
  readonly failure: Failure
}

/** The first wait: a task that is given more memory is not a task that has failed before. */
const FIRST = 1

export function afterFailure(step: Step, ref: TaskRef, failure: Failure, jitter: number): AfterFailure {
  const { tries: before } = step.task(ref)
  if (failure.code === 'OUT_OF_MEMORY' && failure.retryable) {
    const tries = { ...before, outOfMemory: before.outOfMemory + 1 }
    const memory = afterOutOfMemory({
      failure,
      triedMb: memoryOf(step, ref),
      outOfMemory: tries.outOfMemory,
      sizesMb: step.state.backend.memorySizesMb,
      demand: demandOf(step, ref),
    })
    if (!memory.retry) return { tries, delayMs: null, failure: memory.failure }
    return concluded(step, { ...tries, memoryMb: memory.memoryMb }, failure, FIRST, jitter)
  }
  if (failure.code === 'THROTTLED') {
    const tries = { ...before, throttled: before.throttled + 1 }
    return concluded(step, tries, failure, tries.throttled, jitter)
  }
  const tries = { ...before, failed: before.failed + 1 }
  return concluded(step, tries, failure, tries.failed, jitter)
}

function concluded(
  step: Step,
  tries: Tries,
  failure: Failure,
  attempt: number,
  jitter: number,
): AfterFailure {
  const { policy, budget } = step.state
  const decision: RetryDecision = retryDelay({ failure, attempt, jitter, policy, budget })
  if (decision.retry) return { tries, delayMs: decision.delayMs, failure }
  const isOver = decision.reason === 'budget used up'
  return { tries, delayMs: null, failure: isOver ? overBudget(failure, budget) : failure }
}

function demandOf(step: Step, ref: TaskRef): MemoryDemand {
  const { stage } = step.stage(ref.position)
  if (ref.task === MANIFEST) return { stage, task: null, partition: null, bytes: null }
  const read = partitionsOf(stage, ref.task).filter((_, i) => isDivided(stage.inputs[i]!))
  const partition = read.find(number => number !== null) ?? null
  return { stage, task: ref.task, partition, bytes: bytesOf(step, ref) }
}

function isDivided(input: StageInput): boolean {
  return input.kind === 'exchange' && !isBroadcast(input)
}
