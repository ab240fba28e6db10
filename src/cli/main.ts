/** Runs one command line: parses it, calls the verb, and has errors told. Loads little: help must come at once. */
import { CommanderError } from 'commander'
import { type CliOutput, cliOutput } from './cli-output.ts'
import { EXIT } from './exit-code.ts'
import { catchInterrupts, type Interrupt } from './interrupt.ts'
import { buildProgram } from './program.ts'

/** What every verb is given beside its arguments. */
export interface VerbHost {
  readonly output: CliOutput
  readonly interrupt: Interrupt
  readonly json: boolean
  readonly quiet: boolean
  /** What the process ends with, where a verb has told by itself what is wrong. */
  endWith(exitCode: number): void
}

/** Parses the arguments, runs the verb, and gives the exit code. Never rejects. */
export async function main(args: readonly string[]): Promise<number> {
  const interrupt = catchInterrupts()
  let host: VerbHost | undefined
  let ending: number = EXIT.ok
  const program = buildProgram(options => {
    const json = options['json'] === true
    const quiet = options['quiet'] === true
    const endWith = (exitCode: number): void => {
      ending = exitCode
    }
    host = { output: cliOutput({ quiet, json }), interrupt, json, quiet, endWith }
    return host
  })
  const report = async (error: unknown): Promise<number> => {
    const { reportError } = await import('./report-error.ts')
    return reportError(error, { interrupt, json: args.includes('--json'), ...host })
  }
  // A script may leave a rejected promise behind: it ends as a failed run does, not with a dump of the error's fields.
  process.once('uncaughtException', error => void report(error).then(code => process.exit(code)))
  try {
    await program.parseAsync(args, { from: 'user' })
    return interrupt.exitCode ?? ending
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.exitCode === 0
    return isHelp ? EXIT.ok : await report(error)
  }
}
