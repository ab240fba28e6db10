/** The error of a task that has taken longer than it may, whoever finds out: its worker, or the driver that waits for it. */
import { DunlinError } from '../../operators/index.ts'
import type { TaskEvent } from './task-event.ts'

/** The time of a manifest is not the user's to give. */
const HINTS: Readonly<Record<TaskEvent['kind'], string>> = {
  task: 'Give the stage more time with .with({ timeoutMs }), or smaller splits with splitBytes.',
  manifest: 'An exchange has less to write with fewer partitions, or larger splits.',
}

/** `how` says what was seen, as in `it is 5 ms past it`. */
export function deadlinePassed(kind: TaskEvent['kind'], how: string): DunlinError {
  return new DunlinError('TIMEOUT', `the task did not end by its deadline: ${how}`, {
    hint: HINTS[kind],
    retryable: true,
  })
}
