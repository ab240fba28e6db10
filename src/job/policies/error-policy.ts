/** Whether an error costs its record or the task, and whether a stage had too many bad records: pure functions. */
import { DunlinError, type ErrorCode, type Failure } from '../../../operators/index.ts'
import type { Stage } from '../../../planner/index.ts'
import { withFirstFailures } from '../../events/first-failures.ts'
import type { SkippedRecords } from '../../task/task-event.ts'

/** What may be wrong with one record: its text, its values, or what a user's function makes of it. */
const OF_RECORDS: ReadonlySet<ErrorCode> = new Set([
  'BAD_RECORD',
  'USER_FUNCTION',
  'TYPE_MISMATCH',
  'TOO_LARGE',
])
/** Thrown through a user's function by what it called: no fault of its record. */
const OF_THE_ENGINE: ReadonlySet<ErrorCode> = new Set([
  'CANCELLED',
  'TIMEOUT',
  'OUT_OF_MEMORY',
  'WORKER_LOST',
  'TOO_LARGE',
  'NO_SPACE',
  'STORE',
  'THROTTLED',
  'INTERNAL',
])

/**
 * True for an error about one record that nothing but the record is to blame for. An attempt that is to stop skips
 * nothing: its functions may fail because of that.
 */
export function isSkipped(
  error: Pick<DunlinError, 'code' | 'cause'>,
  attempt: { readonly stopping: boolean },
): boolean {
  if (attempt.stopping || !OF_RECORDS.has(error.code)) return false
  return !(error.cause instanceof DunlinError && OF_THE_ENGINE.has(error.cause.code))
}

/** What the machine keeps of the bad records of a task, or of the first tasks of a stage. */
export type SkipTally = Omit<SkippedRecords, 'parts'>

/** Both together: `a` comes first. */
export function addTallies(a: SkipTally | undefined, b: SkipTally | undefined): SkipTally | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return {
    read: a.read + b.read,
    records: a.records + b.records,
    failures: withFirstFailures(a.failures, b.failures),
  }
}

/** Shown in the message of the one error that stands for all. */
const KINDS_SHOWN = 10

/**
 * Null, or the failure of a stage of whose records more were bad than is tolerated. A share is compared as the
 * quotient that a person writes down: 29 of 100 is 0.29, though 0.29 × 100 is less than 29. Rows that a flatMap made may
 * be bad too, so that there may be more of them than records were read; 1 is any number.
 */
export function toleranceFailure(stage: Stage, tally: SkipTally | undefined): Failure | null {
  if (stage.onError === undefined || tally === undefined) return null
  const { tolerate } = stage.onError
  const { read, records, failures } = tally
  if (records === 0 || tolerate === 1 || records / read <= tolerate) return null
  const kinds = failures.slice(0, KINDS_SHOWN).map(({ message, place }) => {
    const at = place.at === undefined ? '' : ` (${place.at})`
    return `\n  ${message}${at}`
  })
  return {
    code: 'TOO_MANY_BAD_RECORDS',
    message:
      `stage ${stage.id} (${stage.title}) skipped ${records} of ${read} records, ${percent(records / read)}, ` +
      `and onError tolerates ${percent(tolerate)}; the first of each kind:${kinds.join('')}`,
    hint: 'Mend the input or the function, or tolerate more (onError: { tolerate: 0.5 }), and run the pipeline again.',
    retryable: false,
    place: { stage: stage.id },
    causes: [],
  }
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`
