/** The command line asks for something that cannot be done. */
import { DunlinError } from '../../operators/index.ts'

export class UsageError extends DunlinError {
  constructor(message: string, hint?: string) {
    super('INVALID_ARGUMENT', message, hint === undefined ? {} : { hint })
  }
}
