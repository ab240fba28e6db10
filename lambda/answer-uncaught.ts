/** answerUncaught: what user code throws outside of any call is the failure of the task that runs, not the end of its function. */
import {
  type DunlinError,
  type TaskResult,
  toFailure,
  uncaughtException,
  unhandledRejection,
} from '../src/worker.ts'

/** One invocation at a time, as functions have them. */
export function answerUncaught<Rest extends readonly unknown[]>(
  handle: (event: unknown, ...rest: Rest) => Promise<TaskResult>,
): (event: unknown, ...rest: Rest) => Promise<TaskResult> {
  let fail: ((error: DunlinError) => void) | undefined
  const told = (error: DunlinError): void => (fail === undefined ? console.error(error) : fail(error))
  // A runtime's own listeners end the environment and say nothing of the task.
  process
    .removeAllListeners('uncaughtException')
    .on('uncaughtException', thrown => told(uncaughtException(thrown)))
  process
    .removeAllListeners('unhandledRejection')
    .on('unhandledRejection', thrown => told(unhandledRejection(thrown)))
  return async (event, ...rest) => {
    const failed = new Promise<TaskResult>(resolve => {
      fail = error => resolve({ ok: false, failure: toFailure(error) })
    })
    try {
      return await Promise.race([handle(event, ...rest), failed])
    } finally {
      fail = undefined
    }
  }
}
