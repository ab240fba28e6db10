/** The failures that the compute side makes itself: cancelled attempts and lost workers. */
import { DunlinError, type ErrorPlace, toFailure } from '../../operators/index.ts'
import type { TaskEvent, TaskFailed } from '../task/task-event.ts'
import type { WorkerEnd } from './worker-handle.ts'

/** How long an aborted task may take to stop by itself before its worker is ended. */
export const CANCEL_GRACE_MS = 250

export function cancelled(event: TaskEvent): TaskFailed {
  return failed(new DunlinError('CANCELLED', 'the attempt was cancelled'), event)
}

/** Anything thrown, as the task's failure. */
export function failed(thrown: unknown, event: TaskEvent): TaskFailed {
  const error =
    thrown instanceof DunlinError
      ? thrown
      : new DunlinError('INTERNAL', thrown instanceof Error ? thrown.message : String(thrown), {
          cause: thrown,
        })
  return { ok: false, failure: toFailure(error.at(placeOf(event))) }
}

/** `worker` ended while it ran the task. One that fails to start by itself will fail the next time too. */
export function workerLost(
  event: TaskEvent,
  worker: string,
  end: WorkerEnd,
  options: { readonly started: boolean },
): TaskFailed {
  const what = event.kind === 'task' ? `task ${event.task}` : 'the manifest'
  const when = options.started
    ? `while it ran ${what} of stage ${event.stage}, attempt ${event.attempt}`
    : 'before it had started'
  return failed(
    new DunlinError(
      end.kind === 'outOfMemory' ? 'OUT_OF_MEMORY' : 'WORKER_LOST',
      `${worker} ${end.text} ${when}`,
      {
        retryable: options.started || end.byForce === true,
        ...(end.hint === undefined ? {} : { hint: end.hint }),
        ...(end.cause === undefined ? {} : { cause: end.cause }),
      },
    ),
    event,
  )
}

export function placeOf(event: TaskEvent): ErrorPlace {
  const { job, stage, attempt } = event
  return { job, stage, attempt, ...(event.kind === 'task' ? { task: event.task } : {}) }
}
