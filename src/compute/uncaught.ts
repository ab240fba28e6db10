/** What user code throws outside of any call of dunlin: in a timer, in a promise that nobody awaits. */
import { DunlinError } from '../../operators/index.ts'

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

export function uncaughtException(thrown: unknown): DunlinError {
  const message = `an exception was thrown outside of any call of dunlin: ${messageOf(thrown)}`
  return new DunlinError('WORKER_LOST', message, { cause: thrown, retryable: true })
}

export function unhandledRejection(thrown: unknown): DunlinError {
  const message = `a promise was rejected and nobody awaited it: ${messageOf(thrown)}`
  const hint = 'Return the promise from the function, or catch its rejection.'
  return new DunlinError('USER_FUNCTION', message, { cause: thrown, hint })
}
