/** Listener: the user's `onEvent`; what it throws fails the job, or is told when the job has ended. */
import { DunlinError, toFailure } from '../../operators/index.ts'
import type { RunOptions } from '../dataset/run-options.ts'
import type { JobEvent } from '../events/job-event.ts'

export class Listener {
  readonly #onEvent: RunOptions['onEvent']
  /** What it threw of a job that had ended already: it comes after the job's end. */
  lastWord: DunlinError | undefined

  constructor(onEvent: RunOptions['onEvent']) {
    this.#onEvent = onEvent
  }

  /** Rejects with USER_FUNCTION where the listener throws or rejects, but for the last event. Never throws. */
  tell(event: JobEvent): void | Promise<void> {
    const failed = async (error: unknown): Promise<void> => {
      const wrapped = new DunlinError('USER_FUNCTION', `onEvent failed at ${event.type}`, { cause: error })
      if (event.type !== 'jobFinished') throw wrapped
      this.lastWord = wrapped
    }
    try {
      const said = this.#onEvent?.(event)
      return said instanceof Promise ? said.catch(failed) : undefined
    } catch (error) {
      return failed(error)
    }
  }
}

/** To a driver that has lost its job the job does not end: the failure of its last event says who has it. */
export function asTold(event: JobEvent, { reason }: AbortSignal): JobEvent {
  const isLost = event.type === 'jobFinished' && reason instanceof DunlinError && reason.code === 'LEASE'
  return isLost ? { ...event, failure: toFailure(reason) } : event
}
