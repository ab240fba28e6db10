/** What becomes of a record on which a step's function failed, where bad records are skipped. */
import { withoutStacks } from '../errors.ts'
import { type BadRecords, unskipped } from './bad-records.ts'
import type { BoundStep } from './row-step.ts'
import { userError } from './user-error.ts'

/**
 * Null where it has been skipped; else the error to throw. Of a batch of records nobody knows which one was to blame:
 * all of them are bad.
 */
export function skippedOrError(bad: BadRecords, step: BoundStep, thrown: unknown, given: unknown): unknown {
  const error = withoutStacks(() => userError(step, thrown, given))
  const records = step.takesMany === true ? (given as readonly unknown[]) : [given]
  for (const record of records) {
    const refused = unskipped(bad, error, record)
    if (refused !== null) return refused
  }
  return null
}
