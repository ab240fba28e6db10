/** A compute backend with faults: attempts are refused, lost, answered by silence or delivered twice. */
import { DunlinError, toFailure } from '../../operators/index.ts'
import type { ComputeBackend } from '../compute/compute-backend.ts'
import type { TaskEvent, TaskFailed } from '../task/task-event.ts'
import { type Faults, STRUCK_ATTEMPTS } from './fault-plan.ts'

export function faultyCompute(compute: ComputeBackend, faults: Faults): ComputeBackend {
  return {
    ...compute,
    async run(event, options) {
      const attempt = nameOf(event)
      const may = event.attempt <= STRUCK_ATTEMPTS
      if (may && faults.strikes('throttled', attempt))
        return failed('THROTTLED', `attempt ${attempt} is refused`)
      if (may && faults.strikes('workerLost', attempt))
        return failed('WORKER_LOST', `the worker of ${attempt} is gone`)
      const twice = faults.strikes('duplicated', attempt)
      const [result] = await Promise.all([
        compute.run(event, options),
        ...(twice ? [compute.run(event, options)] : []),
      ])
      if (may && faults.strikes('answerLost', attempt))
        return failed('WORKER_LOST', `no answer of ${attempt}`)
      return result!
    },
  }
}

function nameOf({ stage, attempt, ...event }: TaskEvent): string {
  return `${stage}/${event.kind === 'task' ? event.task : 'manifest'}#${attempt}`
}

function failed(code: 'THROTTLED' | 'WORKER_LOST', message: string): TaskFailed {
  return { ok: false, failure: toFailure(new DunlinError(code, message, { retryable: true })) }
}
