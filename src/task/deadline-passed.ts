/** The error of a task that has taken longer than it may, whoever finds out: its worker, or the driver that waits for it. */
import { DunlinError } from '../../operators/index.ts'

/** `how` says what was seen, as in `it is 5 ms past it`. */
export function deadlinePassed(how: string): DunlinError {
  return new DunlinError('TIMEOUT', `the task did not end by its deadline: ${how}`, {
    hint: 'Give the stage more time with .with({ timeoutMs }), or smaller splits with splitBytes.',
    retryable: true,
  })
}
