/** Errors of reading what was committed: they say what is lost, so that it can be made again. */
import { DunlinError, type LostOutput } from '../../operators/index.ts'

/** What shows that an object is gone or damaged; anything else (a reset, a denied access) says nothing of it. */
const LOSSES: readonly string[] = ['NOT_FOUND', 'CORRUPT', 'ROWS_NOT_CONSERVED']

/** The error with what is lost, where it shows that something is. */
export function asLost(error: unknown, lost: LostOutput): unknown {
  if (!(error instanceof DunlinError) || error.lost !== undefined || !LOSSES.includes(error.code))
    return error
  return withLost(error, lost)
}

export function withLost(error: DunlinError, lost: LostOutput): DunlinError {
  const { message, hint, place, cause, retryable } = error
  return new DunlinError(error.code === 'NOT_FOUND' ? 'CORRUPT' : error.code, message, {
    cause,
    place,
    retryable,
    lost,
    ...(hint === undefined ? {} : { hint }),
  })
}
