/** The journal of a job: its events, a line of JSON each, in numbered segments. */
import { DunlinError } from '../../operators/index.ts'
import type { Clock, Timer } from '../engine/ports.ts'
import type { JobEvent } from '../events/job-event.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { jobKeys } from './job-records.ts'

/** A segment is written when it has so many events, or when its first one is so old. */
const SEGMENT_EVENTS = 1_000
const SEGMENT_AGE_MS = 1_000
/** Events that may wait for the store before the writer asks for time: some MB. */
const WAITING_EVENTS = 8_000
/** Segment names sort as text up to this many digits. */
const SEQUENCE_DIGITS = 8

/**
 * Writes segments one after another, in order, each by exclusive create: two drivers of one job cannot both keep
 * its journal.
 *
 * @example
 * const journal = new JournalWriter({ store, job, clock })
 * await runJob({ …, onEvent: event => journal.add(event) })
 * await journal.close()
 */
export class JournalWriter {
  readonly #store: ObjectStore
  readonly #job: string
  readonly #clock: Clock
  #lines: string[] = []
  #timer: Timer | null = null
  #sequence = 0
  /** Lines handed to the store that it has not confirmed. */
  #unconfirmed = 0
  /** Settles with the last write asked for; rejects from the first that failed on. */
  #written: Promise<void> = Promise.resolve()
  #hasFailed = false

  constructor(options: { readonly store: ObjectStore; readonly job: string; readonly clock: Clock }) {
    this.#store = options.store
    this.#job = options.job
    this.#clock = options.clock
  }

  /** A promise asks the caller to wait: the store is behind, or has failed (then it rejects). */
  add(event: JobEvent): void | Promise<void> {
    this.#lines.push(JSON.stringify(event))
    if (this.#lines.length >= SEGMENT_EVENTS) this.#flush()
    else this.#timer ??= this.#clock.after(SEGMENT_AGE_MS, () => this.#flush())
    return this.#hasFailed || this.#unconfirmed >= WAITING_EVENTS ? this.#written : undefined
  }

  /** Writes what is left; rejects where any segment could not be written. */
  async close(): Promise<void> {
    this.#flush()
    await this.#written
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#unconfirmed += lines.length
    const key = segmentKey(this.#job, this.#sequence++)
    this.#written = this.#written.then(async () => {
      const body = new TextEncoder().encode(`${lines.join('\n')}\n`)
      const put = await this.#store.put(key, body, { ifAbsent: true })
      if (!put.created) throw this.#taken(key)
      this.#unconfirmed -= lines.length
    })
    // It is reported by `add` and `close`; until one of them is called, it is not unhandled.
    this.#written.catch(() => {
      this.#hasFailed = true
    })
  }

  #taken(key: string): DunlinError {
    return new DunlinError(
      'STORE',
      `${this.#store.uri}${key} was written by another driver of job ${this.#job}`,
      {
        hint: 'Let one driver run the job; list the jobs with `dunlin jobs list`.',
        place: { job: this.#job },
      },
    )
  }
}

/** The events of a job in order, a segment in memory at a time. A job without a journal has none. */
export async function* readJournal(store: ObjectStore, job: string): AsyncIterable<JobEvent> {
  for await (const { key } of store.list(jobKeys.journal(job))) {
    const text = new TextDecoder().decode(await store.get(key))
    let line = 0
    for (const json of text.split('\n')) {
      line++
      if (json !== '') yield parseEvent(json, `${store.uri}${key}:${line}`)
    }
  }
}

function parseEvent(json: string, at: string): JobEvent {
  try {
    return JSON.parse(json) as JobEvent
  } catch (cause) {
    throw new DunlinError('CORRUPT', `${at} is not an event`, { cause, place: { at } })
  }
}

function segmentKey(job: string, sequence: number): string {
  return `${jobKeys.journal(job)}${String(sequence).padStart(SEQUENCE_DIGITS, '0')}.jsonl`
}
