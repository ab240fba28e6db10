/** Second attempts of slow tasks: when to look for them, and what a look finds. */
import { withDuration } from './policies/duration-sketch.ts'
import {
  maySpeculate,
  type RunningTask,
  SPECULATION_POLICY,
  type StageFacts,
  speculate,
} from './policies/speculation.ts'
import { MANIFEST, type StageState } from './state.ts'
import type { Step, TaskRef } from './step.ts'
import { bytesOf } from './task-bytes.ts'

/** A task has committed, `durationMs` after the launch of the attempt that told of it. */
export function noteDuration(step: Step, ref: TaskRef, durationMs: number): void {
  // Negative after a clock has jumped.
  if (!step.state.backend.speculates || durationMs < 0) return
  const { durations } = step.stage(ref.position)
  const duration = { durationMs, bytes: bytesOf(step, ref) }
  step.updateStage(ref.position, { durations: withDuration(durations, duration) })
}

/** After each launch and commit: a look is due in a while, if it could find something and none is due already. */
export function callForLook(step: Step, { position, task }: TaskRef): void {
  const state = step.stage(position)
  const mayFind = step.state.backend.speculates && task !== MANIFEST && step.isLaunchable({ position, task })
  // A partial wave has no last task to wait for.
  if (!mayFind || state.lookIsDue || state.stage.until !== undefined) return
  if (maySpeculate(factsOf(state))) startLookTimer(step, position, SPECULATION_POLICY.leastWaitMs)
}

/** The time to look has come: slow tasks wait for a slot for a second attempt. */
export function look(step: Step, position: number): void {
  step.updateStage(position, { lookIsDue: false })
  if (!step.isLaunchable({ position, task: 0 })) return
  const state = step.stage(position)
  const { duplicate, againInMs } = speculate({
    facts: factsOf(state),
    running: runningTasks(step, position),
    sketch: state.durations,
    now: step.now,
  })
  for (const task of duplicate) {
    const before = step.task({ position, task })
    if (before.state !== 'running') continue
    step.setTask({ position, task }, { ...before, isDoubled: true })
    step.pushReady({ position, from: task, to: task + 1, isExtra: true })
  }
  step.updateStage(position, { speculated: state.speculated + duplicate.length })
  if (againInMs !== null) startLookTimer(step, position, againInMs)
}

function startLookTimer(step: Step, position: number, delayMs: number): void {
  step.updateStage(position, { lookIsDue: true })
  step.command({
    type: 'startTimer',
    id: { kind: 'speculate', stage: step.stage(position).stage.id },
    delayMs,
  })
}

function factsOf({ stage, committed, speculated }: StageState): StageFacts {
  return { tasks: stage.tasks, committed, speculated }
}

function* runningTasks(step: Step, position: number): Generator<RunningTask> {
  const { tasks, prefix, released } = step.stage(position)
  for (let task = prefix.tasks; task < released; task++) {
    const state = tasks.get(task)
    if (state.state !== 'running') continue
    const { since: startedAt, isDoubled, attempts } = state
    const bytes = bytesOf(step, { position, task })
    yield { task, startedAt, bytes, attempts: isDoubled ? 2 : attempts.length }
  }
}
