/**
 * FailedEvents: what Lambda writes to the bucket about events that it could not bring to an end: the function was killed, or
 * there was no room for it until the event was too old. Only there is it told.
 *
 * Records are `aws/lambda/async/<function>/YYYY/MM/DD/<time>-<uuid>`, of all jobs that use the function.
 */
import type { ObjectStore } from '../../src/worker.ts'

/** As far as it is used; see "Capturing records of Lambda asynchronous invocations" in AWS' documentation. */
export interface FailedEventRecord {
  readonly requestContext: {
    readonly requestId: string
    readonly condition: 'RetriesExhausted' | 'EventAgeExceeded' | string
  }
  readonly requestPayload: { readonly answerTo?: string }
  readonly responseContext?: { readonly functionError?: string }
  readonly responsePayload?: unknown
}

export const failedEventsPrefix = (functionName: string, at: Date): string =>
  `aws/lambda/async/${functionName}/${at.toISOString().slice(0, 10).replaceAll('-', '/')}/`

export interface FailedEventsOptions {
  /** The bucket's root. */
  readonly store: ObjectStore
  readonly functionNames: readonly string[]
  readonly now: () => number
}

const DAY_MS = 86_400_000
/** By which this machine's clock may be ahead. */
const CLOCK_SKEW_MS = 300_000

/** Gives each record once. */
export class FailedEvents {
  readonly #options: FailedEventsOptions
  readonly #seen = new Set<string>()
  readonly #since: number
  /** Names begin with the time; those before are of others. */
  readonly #firstName: string

  constructor(options: FailedEventsOptions) {
    this.#options = options
    this.#since = options.now() - CLOCK_SKEW_MS
    this.#firstName = new Date(this.#since).toISOString().slice(0, 19).replaceAll(':', '.')
  }

  /** Records since this began that have not been given yet. */
  async *next(): AsyncGenerator<FailedEventRecord> {
    const { store, functionNames, now } = this.#options
    for (const day of daysBetween(this.#since, now())) {
      for (const name of functionNames) {
        for await (const { key } of store.list(failedEventsPrefix(name, day))) {
          if (this.#seen.has(key) || nameOf(key) < this.#firstName) continue
          this.#seen.add(key)
          const text = Buffer.from(await store.get(key)).toString()
          const record = parsed(text)
          if (record !== undefined) yield record
        }
      }
    }
  }
}

const nameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

function* daysBetween(from: number, to: number): Generator<Date> {
  for (let day = from - (from % DAY_MS); day <= to; day += DAY_MS) yield new Date(day)
}

/** Undefined for what is none: whoever else writes there is not our business. */
function parsed(text: string): FailedEventRecord | undefined {
  try {
    const record = JSON.parse(text) as FailedEventRecord
    return record?.requestContext === undefined ? undefined : record
  } catch {
    return undefined
  }
}
