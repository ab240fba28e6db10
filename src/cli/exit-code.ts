/** What the process ends with. */
import { DunlinError } from '../../operators/index.ts'

export const EXIT = {
  ok: 0,
  jobFailed: 1,
  usage: 2,
  configuration: 3,
  interrupted: 130,
  terminated: 143,
} as const

/** The exit code that an error means, where no signal ended the job. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage
  return error instanceof DunlinError && error.code === 'CONFIGURATION' ? EXIT.configuration : EXIT.jobFailed
}

/** The command line asks for something that cannot be done. */
export class UsageError extends DunlinError {
  constructor(message: string, hint?: string) {
    super('INVALID_ARGUMENT', message, hint === undefined ? {} : { hint })
  }
}
