/** The life of attempts: launched for a slot, answered once or more, committed, retried or given up. */
import { type Failure, type LostOutput, type Schema, sameSchema } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import { failureKind, withFirstFailure, withFirstFailures } from '../events/first-failures.ts'
import type { TaskSuccess } from '../task/task-event.ts'
import { admit } from './admit.ts'
import { type AfterFailure, afterFailure } from './after-failure.ts'
import type { TimerId } from './driver-event.ts'
import { cancelUnanswered, failJob } from './ending.ts'
import { launchCommand } from './launch.ts'
import { callForLook, noteDuration } from './look-for-stragglers.ts'
import type { SkipTally } from './policies/error-policy.ts'
import { advanceWindow, type LaunchWindow, roomIn } from './policies/launch-window.ts'
import { withCommit, withRetry } from './policies/retry-budget.ts'
import { redoReaders, remakeLost } from './remake.ts'
import { finishStage, takeCommits } from './stages.ts'
import { MANIFEST, type Prefix, type TaskState, unansweredAttempts } from './state.ts'
import type { ReadyTask, Step, TaskRef } from './step.ts'
import { type Answer, type Costs, type CountedAnswer, takeCost } from './take-cost.ts'
import { pending } from './task-states.ts'

/** One launch a slot, as far as the window has room; slots that nothing is launched for go back at once. */
export function launchReady(step: Step, slots: number): void {
  for (let left = slots; left > 0; left--) {
    const ready = roomIn(step.state.window, step.now) > 0 ? step.takeReady() : null
    if (ready === null || !admit(step, ready)) {
      step.command({ type: 'returnSlots', count: left })
      break
    }
    launch(step, ready)
  }
}

function launch(step: Step, ready: ReadyTask): void {
  const task = step.task(ready)
  const { stage, launched } = step.stage(ready.position)
  const { isExtra } = ready
  const attempt = task.tries.launched + 1
  const first = ready.task !== MANIFEST && attempt === 1 ? 1 : 0
  const beside = task.state === 'running' ? task : { attempts: [], since: step.now }
  const running: TaskState = {
    state: 'running',
    generation: task.generation,
    tries: { ...task.tries, launched: attempt },
    stray: task.stray,
    attempts: [...beside.attempts, attempt],
    since: beside.since,
    isDoubled: isExtra,
  }
  step.setTask(ready, running, { launched: launched + first, isUntouched: false })
  const window = advanceWindow(step.state.window, { type: 'launched', now: step.now })
  step.update({ unanswered: step.state.unanswered + 1, window })
  if (ready.task === MANIFEST) step.emit({ type: 'manifestStarted', stage: stage.id, attempt })
  else step.emit({ type: 'taskStarted', stage: stage.id, task: ready.task, attempt, ...unusual(task, ready) })
  step.command(launchCommand(step, ready, attempt))
  callForLook(step, ready)
}

/** What an event says of a launch only where it is not like most. */
function unusual({ tries: { memoryMb } }: TaskState, { isExtra }: ReadyTask) {
  return {
    ...(isExtra ? ({ isExtra } as const) : {}),
    ...(memoryMb === undefined ? {} : { memoryMb }),
  }
}

/**
 * An attempt answered. A commit counts whenever it is heard of for the first time, if it is of the generation that is
 * wanted; a failure only from an attempt that was waited for, since a cancelled one may fail in any way.
 */
export function takeAnswer(step: Step, ref: TaskRef, answer: Answer): void {
  const { attempt, result } = answer
  const task = step.task(ref)
  const awaited = unansweredAttempts(task).includes(attempt)
  const isCurrent = task.state === 'running' && task.attempts.includes(attempt)
  // Each attempt is paid for once: one that was given up has been counted then.
  const costs = awaited ? takeCost(step, ref, answer) : {}
  if (awaited) {
    step.update({
      unanswered: step.state.unanswered - 1,
      window: windowAfter(step, answer),
      isHeldByCost: false,
    })
    step.setTask(ref, withoutAttempt(task, attempt))
  }
  const isNew =
    result.ok &&
    result.generation === task.generation &&
    task.state !== 'committed' &&
    task.state !== 'failed'
  if (isNew && (step.isNeeded(ref) || isWelcomeLate(step, ref, result)))
    commit(step, ref, result, { ...answer, costs })
  else if (!result.ok && isCurrent && step.isNeeded(ref))
    fail(step, ref, { ...answer, costs }, result.failure)
  else if (awaited) drop(step, ref, attempt, costs)
}

function windowAfter(step: Step, { result, launchedAt }: Answer): LaunchWindow {
  const { window, now } = step.state
  const isThrottled = !result.ok && result.failure.code === 'THROTTLED'
  return advanceWindow(
    window,
    isThrottled ? { type: 'throttled', now, launchedAt } : { type: 'answered', now },
  )
}

/** Takes an attempt out of those that the task waits for. */
function withoutAttempt(task: TaskState, attempt: number): TaskState {
  const stray = task.stray.includes(attempt) ? task.stray.filter(a => a !== attempt) : task.stray
  return task.state === 'running'
    ? { ...task, stray, attempts: task.attempts.filter(a => a !== attempt) }
    : { ...task, stray }
}

/** A commit that comes while the job is ending is in the store, so it is kept: a resumed job need not redo it. */
function isWelcomeLate(step: Step, ref: TaskRef, { changed }: TaskSuccess): boolean {
  // Its readers would have to read again, and nothing is begun any more.
  if (changed) return false
  const { status } = step.state
  const { phase } = step.stage(ref.position)
  return (
    status.state === 'cancelling' && ref.task !== MANIFEST && (phase === 'running' || phase === 'blocked')
  )
}

function commit(step: Step, ref: TaskRef, answered: TaskSuccess, answer: CountedAnswer): void {
  const { attempt: told, launchedAt, costs } = answer
  const { use: _, ...result } = answered
  // Every other attempt is beside the point now; the winner's own answer too, if it is still to come.
  cancelUnanswered(step, ref)
  const task = step.task(ref)
  const { stage, exchangeRowsIn, prefix } = step.stage(ref.position)
  const { attempt, generation, rowsOut, stats, counters, logs, nonce, part, skipped } = result
  // A hundred thousand tasks of one schema keep one object.
  const schema = sameAs(prefix.schema, result.schema)
  const committed: TaskState = {
    ...pending(task),
    state: 'committed',
    attempt,
    rowsOut,
    exchangeRowsIn: result.exchangeRowsIn,
    schema,
    ...takeSkipped(step, prefix, result),
  }
  if (ref.task === MANIFEST) {
    step.setTask(ref, committed, { partitionBytes: result.partitionBytes ?? null })
    step.emit({ type: 'manifestWritten', stage: stage.id, attempt, generation, stats, ...costs })
    finishStage(step, ref.position)
    return
  }
  step.setTask(ref, committed, { exchangeRowsIn: exchangeRowsIn + result.exchangeRowsIn })
  step.update({ budget: withCommit(step.state.budget) })
  // Of an attempt that tells of another's commit it would be the wrong one.
  if (told === attempt) noteDuration(step, ref, step.now - launchedAt)
  // Told before the commit is: a journal that ends between the two must not know the one without the other.
  if (result.changed) redoReaders(step, ref.position)
  step.emit({
    type: 'taskCommitted',
    stage: stage.id,
    task: ref.task,
    attempt,
    generation,
    rowsOut,
    stats,
    counters,
    commit: {
      nonce,
      exchangeRowsIn: result.exchangeRowsIn,
      schema,
      ...(part === undefined ? {} : { part }),
      ...(skipped === undefined ? {} : { skipped }),
    },
    ...costs,
  })
  for (const { level, message } of logs) {
    step.emit({ type: 'log', stage: stage.id, task: ref.task, level, message })
  }
  if (stage.output.kind !== 'exchange' || skipped !== undefined) {
    step.command({ type: 'keepResult', stage: stage.id, task: ref.task, result: { ...result, schema } })
  }
  if (step.running && step.stage(ref.position).phase === 'running') takeCommits(step, ref.position)
  callForLook(step, ref)
}

/** Kinds of bad records that are known already are not kept once more for each task. */
function takeSkipped(step: Step, prefix: Prefix, { skipped }: TaskSuccess): { readonly skipped?: SkipTally } {
  if (skipped === undefined) return {}
  const { read, records } = skipped
  step.update({ failures: withFirstFailures(step.state.failures, skipped.failures) })
  const known = new Set((prefix.skipped?.failures ?? []).map(failureKind))
  const failures = skipped.failures.filter(failure => !known.has(failureKind(failure)))
  return { skipped: { read, records, failures } }
}

function sameAs(known: Schema | null, schema: Schema | null): Schema | null {
  return known !== null && schema !== null && sameSchema(known, schema) ? known : schema
}

function fail(step: Step, ref: TaskRef, answer: CountedAnswer, reported: Failure): void {
  const task = step.task(ref)
  if (task.state !== 'running') return
  const failure = placed(step, ref, answer.attempt, reported)
  step.update({ failures: withFirstFailure(step.state.failures, failure) })
  if (failure.lost !== undefined) {
    failOfLoss(step, ref, answer, failure, reported.lost?.others)
    return
  }
  const next = afterFailure(step, ref, failure, answer.jitter)
  // Another attempt of the task that still runs is its retry, also where the task has none left.
  const isLast = task.attempts.length === 0
  const isWaitedFor = !isLast && failure.retryable
  emitFailed(step, ref, answer, failure, isLast ? next.delayMs : null)
  if (isWaitedFor) step.setTask(ref, { ...task, tries: next.tries })
  else if (next.delayMs !== null) retry(step, ref, { ...next, delayMs: next.delayMs })
  else giveUp(step, ref, next.failure)
}

function retry(step: Step, ref: TaskRef, next: AfterFailure & { readonly delayMs: number }): void {
  const { tries, delayMs, failure } = next
  const { stage } = step.stage(ref.position)
  step.setTask(ref, { ...pending(step.task(ref)), state: 'waiting', tries })
  if (failure.code !== 'THROTTLED') step.update({ budget: withRetry(step.state.budget) })
  step.command({ type: 'startTimer', id: retryTimer(stage.id, ref.task), delayMs })
}

function giveUp(step: Step, ref: TaskRef, failure: Failure): void {
  cancelUnanswered(step, ref)
  step.setTask(ref, { ...pending(step.task(ref)), state: 'failed', failure })
  // A partial wave may have enough rows without this task: its prefix decides when it comes to it.
  const isOfPartialWave = step.stage(ref.position).stage.until !== undefined
  if (ref.task !== MANIFEST && isOfPartialWave) takeCommits(step, ref.position)
  else failJob(step, failure)
}

/** Not the task's fault: what it could not read is made again, and the task waits for that. */
function failOfLoss(
  step: Step,
  ref: TaskRef,
  answer: CountedAnswer,
  failure: Failure,
  others: LostOutput['others'],
): void {
  const task = step.task(ref)
  const isLast = task.state === 'running' && task.attempts.length === 0
  emitFailed(step, ref, answer, failure, isLast ? 0 : null)
  if (isLast) step.setTask(ref, pending(task))
  remakeLost(step, ref, failure, others)
  // Nothing had to be made again, or is being made already: then the task can go on as soon as that is there.
  if (isLast && step.isLaunchable(ref))
    step.pushReady({ position: ref.position, from: ref.task, to: ref.task + 1 })
}

function emitFailed(
  step: Step,
  ref: TaskRef,
  { attempt, costs }: CountedAnswer,
  failure: Failure,
  retryInMs: number | null,
): void {
  const failed = { stage: step.stage(ref.position).stage.id, attempt, failure, retryInMs, ...costs }
  if (ref.task === MANIFEST) step.emit({ type: 'manifestFailed', ...failed })
  else step.emit({ type: 'taskFailed', task: ref.task, ...failed })
}

function retryTimer(stage: StageId, task: number): TimerId {
  return task === MANIFEST ? { kind: 'retryManifest', stage } : { kind: 'retryTask', stage, task }
}

/**
 * What the worker knows of the place wins. What else was lost with it may be long: it is told of once, where it is made
 * again, and not with each failure.
 */
function placed(step: Step, ref: TaskRef, attempt: number, failure: Failure): Failure {
  const stage = step.stage(ref.position).stage.id
  const task = ref.task === MANIFEST ? {} : { task: ref.task }
  const place = { job: step.state.job.id, stage, ...task, attempt, ...failure.place }
  if (failure.lost?.others === undefined) return { ...failure, place }
  const { others: _, ...lost } = failure.lost
  return { ...failure, place, lost }
}

/** An answer that changes nothing: the attempt was cancelled, or another had committed. */
function drop(step: Step, ref: TaskRef, attempt: number, costs: Costs): void {
  const stage = step.stage(ref.position).stage.id
  step.emit({
    type: 'attemptCancelled',
    stage,
    task: ref.task === MANIFEST ? null : ref.task,
    attempt,
    ...costs,
  })
}

/** The wait before a retry is over. */
export function retryNow(step: Step, ref: TaskRef): void {
  const task = step.task(ref)
  if (task.state !== 'waiting' || !step.isNeeded(ref)) return
  step.setTask(ref, pending(task))
  if (step.isLaunchable(ref)) step.pushReady({ position: ref.position, from: ref.task, to: ref.task + 1 })
}
