/** Notes bad records as a task would take them: what was skipped, in order. */
import type { DunlinError } from '../../../operators/errors.ts'
import type { BadRecords } from '../../../operators/rows/bad-records.ts'
import { isSkipped } from '../../../src/job/policies/error-policy.ts'

export class BadNotes implements BadRecords {
  readonly records: unknown[] = []
  readonly errors: DunlinError[] = []

  skip(error: DunlinError, record: unknown): boolean {
    if (!isSkipped(error, { stopping: false })) return false
    this.errors.push(error)
    this.records.push(record)
    return true
  }

  skipText(error: DunlinError, text: string): boolean {
    return this.skip(error, text)
  }
}
