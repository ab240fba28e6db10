/** EventLaunches: tasks that are sent as events; what became of each is found in the store. */
import { randomBytes } from 'node:crypto'
import {
  DunlinError,
  type ObjectStore,
  placeOf,
  type Stores,
  type TaskEvent,
  type TaskResult,
} from '../../src/worker.ts'
import { StoreAnswers } from '../store-answers.ts'
import { type FailedEventRecord, FailedEvents } from './failed-events.ts'
import { payloadOf } from './invocation-payload.ts'
import { functionFailure, invokeFailure } from './invoke-failure.ts'
import type { Invoker } from './invoker.ts'
import type { MemoryTier } from './lambda-backend.ts'

export interface EventLaunchOptions {
  readonly invoker: Invoker
  /** Opens the stores of jobs. */
  readonly stores: Stores
  /** Where Lambda tells of events that failed: the root of its bucket. */
  readonly failures: ObjectStore
  readonly functionNames: readonly string[]
  /** Between two looks at the store. Default 500 ms. */
  readonly pollMs?: number
  /** A function that has not begun by then was throttled, unseen. Default 90 s, half a minute past the age at which Lambda drops an event. */
  readonly startWithinMs?: number
}

const POLL_MS = 500
const START_WITHIN_MS = 90_000
/** Looking for failed events: rarer, since a function that is killed has worked for a while. */
const FAILURES_EVERY = 4

interface Launch {
  readonly answers: StoreAnswers
  readonly event: TaskEvent
  readonly tier: MemoryTier
}

export class EventLaunches {
  readonly #options: EventLaunchOptions
  /** By the job and its store. */
  readonly #answers = new Map<string, StoreAnswers>()
  readonly #failures: FailedEvents
  /** By the key that is answered to. */
  readonly #launched = new Map<string, Launch>()
  readonly #driver = randomBytes(4).toString('hex')
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: EventLaunchOptions) {
    this.#options = options
    this.#failures = new FailedEvents({
      store: options.failures,
      functionNames: options.functionNames,
      now: Date.now,
    })
  }

  /** @throws DunlinError what became of it where that was no result */
  async run(event: TaskEvent, tier: MemoryTier, signal: AbortSignal): Promise<TaskResult> {
    const answers = this.#answersOf(event)
    const answer = answers.expect()
    const stopped = Promise.withResolvers<never>()
    // It may be stopped while it is being sent, when nobody listens yet.
    stopped.promise.catch(() => undefined)
    const stop = (): void => stopped.reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    this.#launched.set(answer.key, { answers, event, tier })
    let timer: NodeJS.Timeout | undefined
    try {
      const payload = payloadOf({ ...event, answerTo: answer.key }, 'event')
      await this.#options.invoker.send(tier.functionName, payload, signal).catch((error: unknown) => {
        throw invokeFailure(error, tier.functionName, event)
      })
      const late = Promise.withResolvers<never>()
      const startWithinMs = this.#options.startWithinMs ?? START_WITHIN_MS
      timer = setTimeout(() => late.reject(notStarted(tier, event, startWithinMs)), startWithinMs)
      void answer.started.then(() => clearTimeout(timer))
      this.#lookSoon()
      return await Promise.race([answer.result, late.promise, stopped.promise])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      answer.forget()
      this.#launched.delete(answer.key)
    }
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const answers of this.#answers.values()) answers.close()
  }

  #answersOf({ store: uri, job }: TaskEvent): StoreAnswers {
    const name = `${uri} ${job}`
    let answers = this.#answers.get(name)
    if (answers === undefined) {
      const { stores, pollMs = POLL_MS } = this.#options
      answers = new StoreAnswers({ store: stores.open(uri), job, driver: this.#driver, pollMs })
      this.#answers.set(name, answers)
    }
    return answers
  }

  #lookSoon(): void {
    if (this.#timer !== null || this.#closed || this.#launched.size === 0) return
    const { pollMs = POLL_MS } = this.#options
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => {
        this.#timer = null
        this.#lookSoon()
      })
    }, pollMs * FAILURES_EVERY)
  }

  async #look(): Promise<void> {
    try {
      for await (const record of this.#failures.next()) {
        const key = record.requestPayload?.answerTo
        const launch = key === undefined ? undefined : this.#launched.get(key)
        if (key !== undefined && launch !== undefined) launch.answers.fail(key, failureOf(record, launch))
      }
    } catch {
      // Answers come without it; the next look tries again.
    }
  }
}

function notStarted({ functionName }: MemoryTier, event: TaskEvent, withinMs: number): DunlinError {
  return new DunlinError('THROTTLED', `the function ${functionName} had not begun after ${withinMs} ms`, {
    retryable: true,
    hint: 'Others use the account’s concurrency: ask for more of it, or run with less (`concurrency`).',
    place: placeOf(event),
  })
}

function failureOf(record: FailedEventRecord, { event, tier }: Launch): DunlinError {
  if (record.requestContext.condition === 'EventAgeExceeded') {
    return new DunlinError('THROTTLED', `Lambda had no room for the function ${tier.functionName}`, {
      retryable: true,
      place: placeOf(event),
    })
  }
  const payload = JSON.stringify(record.responsePayload ?? {})
  return functionFailure({ ...tier, payload, logTail: '' }, event)
}
