/** An error as verbs with `--overwrite` tell it: hints are written for programs, which say `mode: 'overwrite'`. */
import { DunlinError } from '../../operators/index.ts'

export function withOverwriteHint(error: unknown): unknown {
  // By its name: benchmarks may have another copy of the class.
  if (!(error instanceof Error) || error.name !== 'DunlinError') return error
  const { code, message, cause, hint, retryable, place } = error as DunlinError
  if (code !== 'OUTPUT_NOT_EMPTY' || hint?.includes('overwrite') !== true) return error
  return new DunlinError(code, message, {
    cause,
    retryable,
    place,
    hint: 'Say --overwrite to replace what is there, or write elsewhere.',
  })
}
