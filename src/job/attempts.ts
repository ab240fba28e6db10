/** The life of attempts: launched for a slot, answered once or more, committed, retried or given up. */

import { type Failure, type Schema, sameSchema } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import { withFirstFailure } from '../events/first-failures.ts'
import type { SkipTally } from '../scheduler/policies/error-policy.ts'
import { retryDelay } from '../scheduler/policies/retry.ts'
import type { TaskResult, TaskSuccess } from '../task/task-event.ts'
import type { TimerId } from './driver-event.ts'
import { cancelUnanswered, failJob } from './ending.ts'
import { finishStage, takeCommits } from './stages.ts'
import { MANIFEST, type Prefix, type Tries, unansweredAttempts } from './state.ts'
import type { Step, TaskRef } from './step.ts'

/** One launch a slot; slots that nothing waits for go back at once. */
export function launchReady(step: Step, slots: number): void {
  for (let left = slots; left > 0; left--) {
    const ref = step.takeReady()
    if (ref === null) {
      step.command({ type: 'returnSlots', count: left })
      break
    }
    launch(step, ref)
  }
}

function launch(step: Step, ref: TaskRef): void {
  const task = step.task(ref)
  if (task?.state !== 'pending') return
  const { stage, launched, prefix } = step.stage(ref.position)
  const attempt = task.tries.launched + 1
  const first = ref.task !== MANIFEST && attempt === 1 ? 1 : 0
  step.setTask(
    ref,
    { state: 'running', tries: { ...task.tries, launched: attempt }, attempts: [attempt] },
    { launched: launched + first },
  )
  step.update({ unanswered: step.state.unanswered + 1 })
  if (ref.task !== MANIFEST) {
    step.emit({ type: 'taskStarted', stage: stage.id, task: ref.task, attempt })
    step.command({ type: 'launchTask', stage: stage.id, task: ref.task, attempt })
  } else if (stage.output.kind === 'exchange') {
    const { tasks, rows, schema } = prefix
    step.emit({ type: 'manifestStarted', stage: stage.id, attempt })
    step.command({
      type: 'launchManifest',
      stage: stage.id,
      attempt,
      tasks,
      // Undivided: each task wrote one slice, which the reader of its number finds in the one row.
      partitions: stage.output.partitioning.kind === 'none' ? 1 : stage.output.partitions,
      rows,
      schema,
    })
  }
}

export interface Answer {
  readonly attempt: number
  readonly result: TaskResult
  readonly jitter: number
}

/**
 * An attempt answered. A commit counts whenever it is heard of for the first time; a failure only from an attempt
 * that was waited for, since a cancelled one may fail in any way.
 */
export function takeAnswer(step: Step, ref: TaskRef, answer: Answer): void {
  const { attempt, result } = answer
  const task = step.task(ref)
  if (task === null) return
  const awaited = unansweredAttempts(task).includes(attempt)
  if (awaited) {
    step.update({ unanswered: step.state.unanswered - 1 })
    forget(step, ref, attempt)
  }
  if (result.ok && task.state !== 'committed' && (step.isNeeded(ref) || isWelcomeLate(step, ref))) {
    commit(step, ref, result)
  } else if (!result.ok && awaited && task.state === 'running' && step.isNeeded(ref)) {
    fail(step, ref, answer, result.failure)
  } else if (awaited) {
    drop(step, ref, attempt)
  }
}

/** Takes an attempt out of those that the task waits for. */
function forget(step: Step, ref: TaskRef, attempt: number): void {
  const task = step.task(ref)
  if (task?.state === 'running') {
    step.setTask(ref, { ...task, attempts: task.attempts.filter(a => a !== attempt) })
  } else if (task?.state === 'committed' || task?.state === 'failed') {
    step.setTask(ref, { ...task, stray: task.stray.filter(a => a !== attempt) })
  }
}

/** A commit that comes while the job is ending is in the store, so it is kept: a resumed job need not redo it. */
function isWelcomeLate(step: Step, ref: TaskRef): boolean {
  const { status } = step.state
  return (
    status.state === 'cancelling' &&
    ref.task !== MANIFEST &&
    step.stage(ref.position).phase.state === 'running'
  )
}

function commit(step: Step, ref: TaskRef, result: TaskSuccess): void {
  const before = step.task(ref)
  if (before === null) return
  // Every other attempt is beside the point now; the winner's own answer too, if it is still to come.
  cancelUnanswered(step, ref)
  const stray = unansweredAttempts(before)
  const { stage, exchangeRowsIn, prefix } = step.stage(ref.position)
  const { attempt, rowsOut, stats, counters, logs } = result
  if (ref.task === MANIFEST) {
    step.emit({ type: 'manifestWritten', stage: stage.id, attempt, stats })
    finishStage(step, ref.position, { state: 'committed', attempt, rowsOut, schema: null, stray })
    return
  }
  // A hundred thousand tasks of one schema keep one object.
  const schema = sameAs(prefix.schema, result.schema)
  step.setTask(
    ref,
    { state: 'committed', attempt, rowsOut, schema, stray, ...takeSkipped(step, prefix, result) },
    { exchangeRowsIn: exchangeRowsIn + result.exchangeRowsIn },
  )
  const { skipped } = result
  step.emit({
    type: 'taskCommitted',
    stage: stage.id,
    task: ref.task,
    attempt,
    stats,
    counters,
    ...(skipped === undefined || skipped.records === 0
      ? {}
      : { skipped: { records: skipped.records, failures: skipped.failures } }),
  })
  for (const { level, message } of logs) {
    step.emit({ type: 'log', stage: stage.id, task: ref.task, level, message })
  }
  if (stage.output.kind !== 'exchange' || (skipped !== undefined && skipped.parts.length > 0)) {
    step.command({ type: 'keepResult', stage: stage.id, task: ref.task, result: { ...result, schema } })
  }
  if (step.running) takeCommits(step, ref.position)
}

/** Kinds of bad records that are known already are not kept once more for each task. */
function takeSkipped(step: Step, prefix: Prefix, { skipped }: TaskSuccess): { readonly skipped?: SkipTally } {
  if (skipped === undefined) return {}
  const { read, records } = skipped
  step.update({ failures: skipped.failures.reduce(withFirstFailure, step.state.failures) })
  const known = prefix.skipped?.failures ?? []
  const failures = skipped.failures.filter(failure => withFirstFailure(known, failure) !== known)
  return { skipped: { read, records, failures } }
}

function sameAs(known: Schema | null, schema: Schema | null): Schema | null {
  return known !== null && schema !== null && sameSchema(known, schema) ? known : schema
}

function fail(step: Step, ref: TaskRef, answer: Answer, reported: Failure): void {
  const task = step.task(ref)
  if (task?.state !== 'running') return
  const { stage } = step.stage(ref.position)
  const failure = placed(step, ref, answer.attempt, reported)
  step.update({ failures: withFirstFailure(step.state.failures, failure) })
  const throttled = failure.code === 'THROTTLED'
  const tries: Tries = {
    ...task.tries,
    failed: task.tries.failed + (throttled ? 0 : 1),
    throttled: task.tries.throttled + (throttled ? 1 : 0),
  }
  const attempt = throttled ? tries.throttled : tries.failed
  const decision = retryDelay({ failure, attempt, jitter: answer.jitter, policy: step.state.policy })
  // Another attempt of the task that still runs is its retry.
  const isLast = task.attempts.length === 0
  const retryInMs = decision.retry && isLast ? decision.delayMs : null
  const failed = { stage: stage.id, attempt: answer.attempt, failure, retryInMs }
  if (ref.task === MANIFEST) step.emit({ type: 'manifestFailed', ...failed })
  else step.emit({ type: 'taskFailed', task: ref.task, ...failed })

  if (retryInMs !== null) {
    step.setTask(ref, { state: 'waiting', tries })
    step.command({ type: 'startTimer', id: retryTimer(stage.id, ref.task), delayMs: retryInMs })
  } else if (decision.retry) {
    step.setTask(ref, { ...task, tries })
  } else {
    cancelUnanswered(step, ref)
    step.setTask(ref, { state: 'failed', failure, stray: task.attempts })
    // A partial wave may have enough rows without this task: its prefix decides when it comes to it.
    if (ref.task !== MANIFEST && stage.until !== undefined) takeCommits(step, ref.position)
    else failJob(step, failure)
  }
}

function retryTimer(stage: StageId, task: number): TimerId {
  return task === MANIFEST ? { kind: 'retryManifest', stage } : { kind: 'retryTask', stage, task }
}

/** What the worker knows of the place wins. */
function placed(step: Step, ref: TaskRef, attempt: number, failure: Failure): Failure {
  const stage = step.stage(ref.position).stage.id
  const task = ref.task === MANIFEST ? {} : { task: ref.task }
  return { ...failure, place: { job: step.state.job.id, stage, ...task, attempt, ...failure.place } }
}

/** An answer that changes nothing: the attempt was cancelled, or another had committed. */
function drop(step: Step, ref: TaskRef, attempt: number): void {
  const stage = step.stage(ref.position).stage.id
  step.emit({ type: 'attemptCancelled', stage, task: ref.task === MANIFEST ? null : ref.task, attempt })
}

/** The wait before a retry is over. */
export function retryNow(step: Step, ref: TaskRef): void {
  const task = step.task(ref)
  if (task?.state !== 'waiting' || !step.isNeeded(ref)) return
  step.setTask(ref, { state: 'pending', tries: task.tries })
  step.pushReady({ position: ref.position, from: ref.task, to: ref.task + 1 })
}
