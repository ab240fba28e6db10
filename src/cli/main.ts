/** Runs one command line: parses it, calls the verb, and turns what goes wrong into text and an exit code. */
import { fileURLToPath } from 'node:url'
import { CommanderError } from 'commander'
import { toFailure } from '../../operators/index.ts'
import { type CliOutput, cliOutput } from './cli-output.ts'
import { errorText } from './error-text.ts'
import { EXIT, exitCodeOf, UsageError } from './exit-code.ts'
import { catchInterrupts, type Interrupt } from './interrupt.ts'
import { buildProgram } from './program.ts'

/** What every verb is given beside its arguments. */
export interface VerbContext {
  readonly output: CliOutput
  readonly interrupt: Interrupt
  readonly json: boolean
  readonly quiet: boolean
}

/** Parses the arguments, runs the verb, and gives the exit code. Never rejects. */
export async function main(args: readonly string[]): Promise<number> {
  const interrupt = catchInterrupts()
  let context: VerbContext | undefined
  const program = buildProgram(options => {
    const json = options['json'] === true
    const quiet = options['quiet'] === true
    context = { output: cliOutput({ quiet, json }), interrupt, json, quiet }
    return context
  })
  // A script may leave a rejected promise behind: it ends as a failed run does, not with a dump of the error's fields.
  process.on('uncaughtException', error => {
    process.exit(report(error, { interrupt, json: args.includes('--json'), ...context }))
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return interrupt.exitCode ?? EXIT.ok
  } catch (error) {
    return report(error, { interrupt, json: args.includes('--json'), ...context })
  }
}

/** Where the frames of dunlin's own code are, built or not. */
const OWN_FOLDERS = ['operators', 'planner', 'src', 'worker-entry.js'].map(name =>
  fileURLToPath(new URL(`../../${name}`, import.meta.url)),
)

interface ReportContext {
  readonly interrupt: Interrupt
  readonly json: boolean
  /** Absent where no verb was reached. */
  readonly output?: CliOutput
}

function report(error: unknown, { interrupt, json, output = cliOutput({ json }) }: ReportContext): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok
    if (json) output.json({ error: toFailure(new UsageError(error.message.replace(/^error: /, ''))) })
    return EXIT.usage
  }
  // Nobody reads on: there is nobody to tell.
  if (interrupt.exitCode === EXIT.ok) return EXIT.ok
  if (json) output.json({ error: toFailure(error) })
  output.warn(errorText(error, { palette: output.errPalette, own: OWN_FOLDERS }))
  return interrupt.exitCode ?? exitCodeOf(error)
}
