/** The one error class of dunlin: what happened, where, why, and what to do about it. */
import { isSecretName } from './secret-name.ts'

/** Stable names that a program may switch on. The text of a message may change, a code does not. */
export type ErrorCode =
  | 'INVALID_ARGUMENT' // a verb, option or flag was given something it cannot take
  | 'INVALID_PLAN' // the pipeline as a whole cannot be planned
  | 'NOT_FOUND' // a path, glob, object or job that does not exist
  | 'ACCESS_DENIED' // the operating system or the cloud refused
  | 'OUTPUT_NOT_EMPTY' // the output directory holds something already
  | 'BAD_RECORD' // bytes of an input that are not a record of its format
  | 'TOO_MANY_BAD_RECORDS' // more of them than `onError` tolerates
  | 'TYPE_MISMATCH' // two records that cannot share a column type, or a value outside a declared one
  | 'UNKNOWN_COLUMN' // a column name that the records do not have
  | 'NAME_CLASH' // two columns of a join's result would have one name
  | 'USER_FUNCTION' // a user's function threw, or returned what it must not
  | 'CANNOT_SHIP' // a function or captured value that cannot be sent to a worker
  | 'TOO_LARGE' // a result, value or record over a documented limit
  | 'CORRUPT' // bytes whose checksum, count or hash is not what was committed
  | 'ROWS_NOT_CONSERVED' // a barrier where the counts read and the counts written differ
  | 'NO_SPACE' // the disk or store is full
  | 'STORE' // any other failure of the object store
  | 'THROTTLED' // the backend or store said: slower
  | 'WORKER_LOST' // a worker ended without an answer: crash, kill, out of memory
  | 'OUT_OF_MEMORY'
  | 'TIMEOUT'
  | 'MAX_COST' // one more task might make the job cost more than it may
  | 'CANCELLED'
  | 'LEASE' // another driver has the job, or has taken it over
  | 'FINGERPRINT' // plan or code differ from what the driver submitted
  | 'CONFIGURATION'
  | 'INTERNAL'

/** Where in a job something happened. Every field is optional: it says what is known. */
export interface ErrorPlace {
  readonly job?: string
  readonly stage?: number
  readonly task?: number
  readonly attempt?: number
  /** The operator as `explain` prints it, e.g. `Map parseLine`. */
  readonly operator?: string
  /** A short preview of the record. */
  readonly record?: string
  /** `file:line` or `file:line:column` of an input record or of the user's source. */
  readonly at?: string
}

/** What a task could not read because it is gone or damaged, though it was committed: it can be made again. */
export interface LostOutput {
  /** The job whose it is. */
  readonly job: string
  readonly stage: number
  /** The task whose output it is; null for the exchange manifest of the stage. */
  readonly task: number | null
  readonly generation: number
  /** Other tasks of the stage whose output is gone too, as far as somebody has looked; the generation of each. */
  readonly others?: Readonly<Record<number, number>>
}

export interface DunlinErrorOptions {
  readonly cause?: unknown
  /** What to do about it, in one sentence. */
  readonly hint?: string
  /** Whether another attempt of the same task could succeed. Default false. */
  readonly retryable?: boolean
  readonly place?: ErrorPlace
  /** Of the error that a job ended with: the failures that it met. */
  readonly failures?: readonly CountedFailure[]
  readonly lost?: LostOutput
}

/**
 * Everything dunlin throws on purpose: a stable `code`, where it happened, a `hint`, and the user's own error as
 * `cause`.
 *
 * @example
 * const error = await read.text('nowhere/*.txt').count().catch((error: unknown) => error)
 * error instanceof DunlinError && error.code // 'NOT_FOUND'
 */
export class DunlinError extends Error {
  /** Tells it from other errors where `instanceof` cannot. */
  override readonly name = 'DunlinError'
  /** What a program switches on. */
  readonly code: ErrorCode
  /** What to do about it, in one sentence. */
  readonly hint: string | undefined
  /** Whether another attempt of the same task could succeed. */
  readonly retryable: boolean
  /** Where in the job it happened, as far as known. */
  readonly place: ErrorPlace
  /** Of the error that a job ended with: the first failure of each kind that it met, retried or not, and how many. */
  readonly failures?: readonly CountedFailure[]
  /** Set where something that was committed is gone or damaged. */
  readonly lost: LostOutput | undefined

  /** `code` and `message` say what happened; `options` where, why, and what to do. */
  constructor(code: ErrorCode, message: string, options: DunlinErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.retryable = options.retryable ?? false
    this.place = options.place ?? {}
    if (options.failures !== undefined) this.failures = options.failures
    this.lost = options.lost
  }

  /**
   * The same error, with what is now known about where it happened; fields already known win.
   *
   * @example
   * const error = new DunlinError('BAD_RECORD', 'not a date', { place: { at: 'a.txt:3' } })
   * error.at({ stage: 1, at: 'b.txt:9' }).place // { stage: 1, at: 'a.txt:3' }
   */
  at(place: ErrorPlace): DunlinError {
    const same = new DunlinError(this.code, this.message, {
      cause: this.cause,
      retryable: this.retryable,
      place: { ...place, ...this.place },
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.failures === undefined ? {} : { failures: this.failures }),
      ...(this.lost === undefined ? {} : { lost: this.lost }),
    })
    if (this.stack !== undefined) same.stack = this.stack
    return same
  }
}

/**
 * Runs `work`, which calls nobody else's code, without recording where its errors are made: that is most of what an
 * error costs, and nothing to those that are made by the thousand and only told of.
 */
export function withoutStacks<T>(work: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** An error as data: what crosses from a worker to the driver. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly retryable: boolean
  readonly place: ErrorPlace
  readonly lost?: LostOutput
  readonly stack?: string
  /** The chain of causes, outermost first. */
  readonly causes: readonly FailureCause[]
}

/** One link of the chain of causes, as data. */
export interface FailureCause {
  /** Of an error its name, of anything else its type. */
  readonly name: string
  readonly message: string
  readonly stack?: string
  /** What an error has beside that and is one value, such as `code`, `status` or `path`. */
  readonly properties?: Readonly<Record<string, unknown>>
  /** What was thrown where it was no error, as far as it is JSON; of an object what would be kept of an error. */
  readonly thrown?: unknown
}

/** The first failure of a kind, and how many of the kind there were. */
export interface CountedFailure extends Failure {
  readonly count: number
}

const CAUSES_KEPT = 8
const PROPERTIES_KEPT = 16
const PROPERTY_CHARACTERS = 2_000
/** These are told already. */
const TOLD = new Set(['name', 'message', 'stack', 'cause'])

/** `{ [field]: value }` as JSON would give it back; nothing where it is none, or too large to send. */
function asJson(field: string, value: unknown): Record<string, unknown> {
  try {
    const text = JSON.stringify(value)
    if (text === undefined || text.length > PROPERTY_CHARACTERS) return {}
    return { [field]: JSON.parse(text) as unknown }
  } catch {
    return {}
  }
}

function isScalar(value: unknown): boolean {
  return value === null || /^(?:string|number|boolean|bigint)$/.test(typeof value)
}

/** JSON has no bigint. */
const written = (value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)

/**
 * Own enumerable properties of what was thrown. Getters are not called, since they are code of somebody else; objects stay behind, since
 * errors of requests carry their headers in them, and so do secrets: what is kept here is stored and printed.
 */
function propertiesOf(thrown: object): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  try {
    const fields = Object.entries(Object.getOwnPropertyDescriptors(thrown))
      .filter(([key, { enumerable, value }]) => enumerable && isScalar(value) && !TOLD.has(key))
      .filter(([key]) => !isSecretName(key))
      .slice(0, PROPERTIES_KEPT)
    for (const [key, { value }] of fields) Object.assign(properties, asJson(key, written(value)))
  } catch {
    // A proxy that throws.
  }
  return properties
}

/** What is kept of an array or object that was thrown, as of the properties of an error. */
export function scalarsOf(thrown: object): unknown {
  const kept = propertiesOf(thrown)
  return Array.isArray(thrown) ? Object.values(kept) : kept
}

function causeOf(thrown: unknown): FailureCause {
  if (thrown instanceof Error) {
    const { name, message, stack } = thrown
    // Those of our own errors cross by themselves.
    const properties = thrown instanceof DunlinError ? {} : propertiesOf(thrown)
    return {
      name,
      message,
      ...(stack === undefined ? {} : { stack }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
    }
  }
  if (typeof thrown === 'object' && thrown !== null) {
    const kept = scalarsOf(thrown)
    return { name: 'object', message: JSON.stringify(kept), thrown: kept }
  }
  const name = thrown === null ? 'null' : typeof thrown
  return { name, message: String(thrown).slice(0, PROPERTY_CHARACTERS), ...asJson('thrown', thrown) }
}

/** Turns anything thrown into data; an error that is not ours becomes `INTERNAL`. */
export function toFailure(thrown: unknown): Failure {
  const error =
    thrown instanceof DunlinError
      ? thrown
      : new DunlinError('INTERNAL', thrown instanceof Error ? thrown.message : String(thrown), {
          cause: thrown,
        })
  const causes: FailureCause[] = []
  for (let c: unknown = error; hasCause(c) && causes.length < CAUSES_KEPT; c = c.cause)
    causes.push(causeOf(c.cause))
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    retryable: error.retryable,
    place: error.place,
    ...(error.lost === undefined ? {} : { lost: error.lost }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    causes,
  }
}

function hasCause(thrown: unknown): thrown is Error {
  return thrown instanceof Error && thrown.cause !== undefined
}

/** The error again, on the driver's side of the wire; with all `failures` of the job, where it is the job's. */
export function fromFailure(failure: Failure, failures: readonly CountedFailure[] = []): DunlinError {
  let cause: unknown
  for (const link of [...failure.causes].reverse()) {
    if ('thrown' in link) {
      cause = link.thrown
      continue
    }
    const error = new Error(link.message, cause === undefined ? undefined : { cause })
    // Not enumerable, as the name of an error is.
    Object.defineProperty(error, 'name', { value: link.name, configurable: true, writable: true })
    if (link.stack !== undefined) error.stack = link.stack
    cause = Object.assign(error, link.properties)
  }
  const error = new DunlinError(failure.code, failure.message, {
    cause,
    retryable: failure.retryable,
    place: failure.place,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(failures.length === 0 ? {} : { failures }),
    ...(failure.lost === undefined ? {} : { lost: failure.lost }),
  })
  if (failure.stack !== undefined) error.stack = failure.stack
  return error
}
