/** How a job ends: the outcome is settled, what still runs is cancelled and waited for, then the job is finished. */
import type { Failure } from '../../operators/index.ts'
import { withKnownFailure } from '../events/first-failures.ts'
import type { Outcome } from '../events/job-event.ts'
import { MANIFEST, unansweredAttempts } from './state.ts'
import type { Step, TaskRef } from './step.ts'

/** How long an ended job waits for the answers of cancelled attempts. A local worker stops within a second. */
const GRACE_MS = 2_000

export function failJob(step: Step, why: Failure): void {
  const failure = { ...why, place: { job: step.state.job.id, ...why.place } }
  step.update({ failures: withKnownFailure(step.state.failures, failure) })
  endJob(step, { state: 'failed', failure })
}

/** Settles the outcome; the first one stands. */
export function endJob(step: Step, outcome: Outcome): void {
  const { state } = step.state.status
  if (state !== 'running' && state !== 'created') return
  step.update({ status: { state: 'cancelling', outcome }, ready: null, readyCount: 0 })
  step.emit({ type: 'jobEnding', ...outcome })
  for (let position = 0; position < step.state.stages.length; position++) {
    const { phase, released } = step.stage(position)
    if (phase === 'finished') continue
    cancelTasks(step, position, 0, released)
    cancelUnanswered(step, { position, task: MANIFEST })
  }
  if (step.state.unanswered > 0)
    step.command({ type: 'startTimer', id: { kind: 'grace' }, delayMs: GRACE_MS })
}

/** What a job that did not succeed fails with; undefined for one that did. */
export function failureOf(job: string, outcome: Outcome): Failure | undefined {
  switch (outcome.state) {
    case 'succeeded':
      return undefined
    case 'failed':
      return outcome.failure
    case 'cancelled': {
      const message = `job ${job} was cancelled: ${outcome.reason}`
      return { code: 'CANCELLED', message, retryable: false, place: { job }, causes: [] }
    }
  }
}

/** Cancels what runs of the tasks `from` … `to - 1`; what was cancelled before is in no state that runs. */
export function cancelTasks(step: Step, position: number, from: number, to: number): void {
  const { tasks } = step.stage(position)
  for (let task = from; task < to; task++) {
    if (tasks.get(task).state === 'running') cancelUnanswered(step, { position, task })
  }
}

export function cancelUnanswered(step: Step, ref: TaskRef): void {
  const stage = step.stage(ref.position).stage.id
  for (const attempt of unansweredAttempts(step.task(ref))) {
    step.command({ type: 'cancelAttempt', stage, task: ref.task === MANIFEST ? null : ref.task, attempt })
  }
}

/** After each event: ends a job whose stages have all finished, and finishes one that waits for nothing more. */
export function settle(step: Step): void {
  if (step.running && step.state.unfinished === 0) endJob(step, { state: 'succeeded' })
  if (step.state.unanswered === 0) finishJob(step)
}

/** The last thing that happens to a job; does nothing unless its outcome is settled. */
export function finishJob(step: Step): void {
  const { status, failures } = step.state
  if (status.state !== 'cancelling') return
  step.update({ status: status.outcome })
  step.command({ type: 'finishJob', outcome: status.outcome, failures })
}
