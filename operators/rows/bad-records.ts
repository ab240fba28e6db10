/** BadRecords: takes the records that could not be read or worked on, where a job skips those instead of failing. */
import type { DunlinError } from '../errors.ts'
import { blamesFunction } from './user-error.ts'

/**
 * One for each place of a task that skips: it is told of bad records in the order of the records. What it is told of
 * has left no trace anywhere else.
 */
export interface BadRecords {
  /** True: taken, go on with the next. False: not an error that is skipped, it must be thrown. */
  skip(error: DunlinError, record: unknown): boolean
  /** The same for a record of an input that could not be read, by its text there. */
  skipText(error: DunlinError, text: string): boolean
}

/** Null where the record has been skipped; else the error to throw. */
export function unskipped(bad: BadRecords, error: DunlinError, record: unknown): DunlinError | null {
  return !blamesFunction(error) && bad.skip(error, record) ? null : error
}
