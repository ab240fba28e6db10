/** What an invocation that gave no result says, as a typed failure: the function failed, or could not be invoked. */
import { DunlinError, placeOf, type TaskEvent } from '../../src/worker.ts'
import { NOT_AUTHENTICATED } from './not-authenticated.ts'

/** What the service answered where the function, or its environment, failed. */
export interface FunctionFailure {
  readonly functionName: string
  /** Of the function, in MB. */
  readonly memoryMb: number
  readonly payload: string
  /** The last 4 KB of what was printed, and the platform's report. */
  readonly logTail: string
}

const DEPLOY_HINT = 'Deploy the function again: `dunlin deploy`.'
/** Of the log tail, what an error shows. */
const SHOWN_LINES = 5
export const LOG_IN_HINT =
  'Log in, or name a profile: `aws sso login`, AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.'
const NOT_LOADED = /^Runtime\.(ImportModuleError|HandlerNotFound|MalformedHandlerName|UserCodeSyntaxError)$/
const NO_ROOM = new Set(['TooManyRequestsException', 'EC2ThrottledException', 'ThrottlingException'])

/** Of an answer with `FunctionError`. */
export function functionFailure(failure: FunctionFailure, event: TaskEvent): DunlinError {
  const { functionName, memoryMb, payload, logTail } = failure
  const { errorType = 'Unhandled', errorMessage = payload } = parsed(payload)
  const place = placeOf(event)
  const shown = lastWords(logTail)
  const because = `the function ${functionName} failed: ${errorMessage}${shown === '' ? '' : `\n${shown}`}`
  if (errorType === 'Sandbox.Timedout' || /Task timed out after/.test(errorMessage)) {
    return new DunlinError('TIMEOUT', because, {
      retryable: true,
      hint: `Deploy it with a longer time-out, or give each task less to do: smaller splits, more partitions.`,
      place,
    })
  }
  if (errorType === 'Runtime.ExitError') {
    if (isOutOfMemory(errorMessage, logTail, memoryMb)) {
      return new DunlinError('OUT_OF_MEMORY', `the function ${functionName} ran out of its ${memoryMb} MB`, {
        retryable: true,
        place,
      })
    }
    return new DunlinError('WORKER_LOST', because, { retryable: true, place })
  }
  if (errorType === 'Function.ResponseSizeTooLarge') return new DunlinError('TOO_LARGE', because, { place })
  // Its own code could not be loaded: no other attempt will find it otherwise.
  if (NOT_LOADED.test(errorType))
    return new DunlinError('CONFIGURATION', because, { hint: DEPLOY_HINT, place })
  return new DunlinError('INTERNAL', because, { place })
}

/** Of an error that the SDK's client threw. */
export function invokeFailure(error: unknown, functionName: string, event: TaskEvent): DunlinError {
  const place = placeOf(event)
  const { name = 'Error', message = String(error), $metadata } = (error ?? {}) as SdkError
  const because = `the function ${functionName} could not be invoked: ${name}: ${message}`
  const with_ = { cause: error, place }
  if (NO_ROOM.has(name)) return new DunlinError('THROTTLED', because, { ...with_, retryable: true })
  if (name === 'ResourceNotFoundException') {
    const hint = 'Deploy it: `dunlin deploy`. If it is deployed, the region or the account is another one.'
    return new DunlinError('CONFIGURATION', because, { ...with_, hint })
  }
  if (name === 'AccessDeniedException') {
    const hint = `Whoever runs the job needs lambda:InvokeFunction for ${functionName}.`
    return new DunlinError('ACCESS_DENIED', because, { ...with_, hint })
  }
  if (NOT_AUTHENTICATED.has(name)) {
    return new DunlinError('CONFIGURATION', because, { ...with_, hint: LOG_IN_HINT })
  }
  if (name === 'RequestTooLargeException') return new DunlinError('TOO_LARGE', because, with_)
  const status = $metadata?.httpStatusCode
  if (status !== undefined && status >= 400 && status < 500)
    return new DunlinError('CONFIGURATION', because, with_)
  // The service failed, or the connection broke: the function may have run, and its commit counts.
  return new DunlinError('WORKER_LOST', because, { ...with_, retryable: true })
}

interface SdkError {
  readonly name?: string
  readonly message?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** The platform kills a process that takes more than its memory, and V8 aborts one whose heap is full. */
function isOutOfMemory(message: string, logTail: string, memoryMb: number): boolean {
  if (/signal: aborted|exit status 134/.test(message))
    return /heap out of memory|Allocation failed/i.test(logTail)
  const used = /Max Memory Used: (\d+) MB/.exec(logTail)?.[1]
  return /signal: killed/.test(message) && used !== undefined && Number(used) >= memoryMb
}

function parsed(payload: string): { readonly errorType?: string; readonly errorMessage?: string } {
  try {
    const value: unknown = JSON.parse(payload)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** What the function itself printed last. */
function lastWords(logTail: string): string {
  const lines = logTail.split('\n').filter(line => line !== '' && !/^(START|END|REPORT) RequestId/.test(line))
  return lines.slice(-SHOWN_LINES).join('\n')
}
