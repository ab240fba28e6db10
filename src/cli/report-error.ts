/** Tells what went wrong, as text and with `--json` as data, and says what to exit with. */
import { CommanderError } from 'commander'
import { DunlinError, type ErrorCode, toFailure } from '../../operators/index.ts'
import { codeFrame } from '../ship/map-failure.ts'
import { type CliOutput, cliOutput } from './cli-output.ts'
import { errorText } from './error-text.ts'
import { EXIT } from './exit-code.ts'
import type { Interrupt } from './interrupt.ts'
import { OWN_CODE } from './own-code.ts'
import { UsageError } from './usage-error.ts'

/** Failures after which people change their code. */
const CODE_OR_INPUT: ReadonlySet<ErrorCode> = new Set(['USER_FUNCTION', 'BAD_RECORD', 'TOO_MANY_BAD_RECORDS'])

/** Failures after which people change settings, credentials or permissions. */
const SET_UP: ReadonlySet<ErrorCode> = new Set(['CONFIGURATION', 'ACCESS_DENIED'])

export interface ReportErrorOptions {
  readonly interrupt: Interrupt
  readonly json: boolean
  /** Absent where no verb was reached. */
  readonly output?: CliOutput
}

export function reportError(
  thrown: unknown,
  { interrupt, json, output = cliOutput({ json }) }: ReportErrorOptions,
): number {
  const error = ourOwn(thrown)
  if (error instanceof CommanderError) {
    // Commander has told people already.
    if (json) output.json({ error: toFailure(new UsageError(error.message.replace(/^error: /, ''))) })
    return EXIT.usage
  }
  // Nobody reads on: there is nobody to tell.
  if (interrupt.exitCode === EXIT.ok) return EXIT.ok
  if (json) output.json({ error: { ...toFailure(error), ...failuresOf(error) } })
  output.warn(errorText(error, { palette: output.errPalette, own: OWN_CODE, codeFrame }))
  if (error instanceof DunlinError && error.place.job !== undefined) {
    const { job } = error.place
    if (error.code === 'CANCELLED')
      output.say(`  \`dunlin jobs retry ${job}\` goes on from what had committed`)
    if (CODE_OR_INPUT.has(error.code)) {
      output.say(
        `  \`dunlin jobs retry ${job}\` goes on from what had committed, by the code as it was submitted;\n` +
          '  to run changed code, run the pipeline again (of runs with --reuse, what is equal is kept)',
      )
    }
  }
  return interrupt.exitCode ?? exitCodeOf(error)
}

/** The exit code that an error means, where no signal ended the job. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage
  return error instanceof DunlinError && SET_UP.has(error.code) ? EXIT.configuration : EXIT.jobFailed
}

/** An error of the copy of dunlin that a job file imports, which may be another than this one, as one of this one. */
function ourOwn(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DunlinError || error.name !== 'DunlinError') return error
  const { code, message, cause, hint, retryable, place } = error as DunlinError
  return new DunlinError(code, message, {
    ...{ cause, retryable, place, ...failuresOf(error) },
    ...(hint === undefined ? {} : { hint }),
  })
}

/** The failures that a job met, where the error is the one that it ended with. */
function failuresOf(error: unknown): Pick<DunlinError, 'failures'> {
  const { failures } = error as DunlinError
  return failures === undefined ? {} : { failures }
}
