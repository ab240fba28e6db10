/** Errors of user functions: which one, on which record, and what was thrown. */
import { previewOf } from '../batch/preview.ts'
import { DunlinError, scalarsOf } from '../errors.ts'
import type { FunctionRef } from '../spec.ts'

/** A user's function where it is called: `text` is the operator as `explain` prints it, e.g. `Map parseLine`. */
export interface CallSite {
  readonly text: string
  readonly ref: FunctionRef
}

/** What a user's function returned is not what it must be. Thrown inside, and turned into a `DunlinError` by `userError`. */
export class BadResult {
  /** Continues the sentence "Map parseLine …". */
  readonly said: string
  readonly hint: string
  /** The function is wrong, whatever record it is given: no record is to blame, and none is skipped for it. */
  readonly ofFunction: boolean

  constructor(said: string, hint: string, { ofFunction = false } = {}) {
    this.said = said
    this.hint = hint
    this.ofFunction = ofFunction
  }
}

const ofFunctions = new WeakSet<DunlinError>()

/** Whether the error says that a function is wrong, and not that a record is bad. */
export const blamesFunction = (error: DunlinError): boolean => ofFunctions.has(error)

/** An error that may be foreign: what a getter of a record threw. */
export const asDunlinError = (thrown: unknown): DunlinError =>
  thrown instanceof DunlinError
    ? thrown
    : new DunlinError('USER_FUNCTION', `a record cannot be looked at: ${thrownText(thrown)}`, {
        cause: thrown,
      })

/** At most 120 characters on one line, whatever the value is; never throws. */
export function recordPreview(value: unknown): string {
  try {
    return previewOf(value)
      .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
      .toWellFormed()
  } catch {
    return '(a record that cannot be shown)'
  }
}

/** Given as the record where a function is not called with one. */
export const NO_RECORD = Symbol('no record')

/** `USER_FUNCTION` for anything that a user's function threw, or for a `BadResult`. */
export function userError(site: CallSite, thrown: unknown, record: unknown): DunlinError {
  const preview = record === NO_RECORD ? null : recordPreview(record)
  const onRecord = preview === null ? '' : ` on record ${preview}`
  const place = {
    operator: site.text,
    ...(preview === null ? {} : { record: preview }),
    ...(site.ref.at === undefined ? {} : { at: site.ref.at }),
  }
  if (thrown instanceof BadResult) {
    const error = new DunlinError(
      'USER_FUNCTION',
      `${site.text} ${thrown.said}${onRecord === '' ? '' : `,${onRecord}`}`,
      {
        hint: thrown.hint,
        retryable: false,
        place,
      },
    )
    if (thrown.ofFunction) ofFunctions.add(error)
    return error
  }
  return new DunlinError('USER_FUNCTION', `${site.text} threw${onRecord}: ${thrownText(thrown)}`, {
    cause: thrown,
    hint: 'Fix the function, or make it answer for such records too.',
    retryable: true,
    place,
  })
}

function thrownText(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message) || thrown.name
  } catch {}
  if (typeof thrown === 'string') return thrown
  return recordPreview(typeof thrown === 'object' && thrown !== null ? scalarsOf(thrown) : thrown)
}
