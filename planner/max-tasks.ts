/** How many tasks a stage may have. */
import { DunlinError } from '../operators/index.ts'

/** More are a mistake in what was asked for, and their splits and states would fill the driver's memory. */
export const MAX_TASKS = 1_000_000

/** @throws DunlinError `INVALID_PLAN` */
export function tooManyTasks(what: string): never {
  throw new DunlinError('INVALID_PLAN', `${what} would have more than ${MAX_TASKS} tasks`, {
    hint: 'Ask for larger splits with `splitBytes` (for a range: `splitRows`), or for fewer `partitions`.',
  })
}
