/** EventQueue: asynchronous invocations, which wait for room, may fail unseen, and may come twice. */
import type { InvocationOutcome } from './execution-environment.ts'

/** Throttled events are tried again after 1 s, 2 s, … 5 min. */
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 300_000

export interface AsyncEvent {
  readonly id: string
  readonly payload: Uint8Array
  /** Milliseconds since 1970. */
  readonly acceptedAt: number
}

/** What a destination on failure is told. */
export interface FailedEvent {
  readonly event: AsyncEvent
  readonly condition: 'RetriesExhausted' | 'EventAgeExceeded'
  readonly invokeCount: number
  readonly outcome: InvocationOutcome | null
}

export interface EventQueueOptions {
  /** Null where there is no room: the event waits inside of the queue, and whoever sent it does not hear of it. */
  readonly invoke: (event: AsyncEvent) => Promise<InvocationOutcome | null>
  /** Tries after the first one that failed: 0 to 2. */
  readonly retries: number
  readonly mostAgeMs: number
  readonly onFailure: (failed: FailedEvent) => void
  /** Shortens the waits of tests: a factor. Default 1. */
  readonly pace?: number
}

export class EventQueue {
  readonly #options: EventQueueOptions
  readonly #timers = new Set<NodeJS.Timeout>()
  #closed = false
  /** Events that have neither succeeded nor failed for good. */
  pending = 0

  constructor(options: EventQueueOptions) {
    this.#options = options
  }

  add(event: AsyncEvent): void {
    this.pending++
    void this.#deliver(event)
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
  }

  async #deliver(event: AsyncEvent): Promise<void> {
    const { invoke, retries, mostAgeMs, onFailure } = this.#options
    let tries = 0
    let outcome: InvocationOutcome | null = null
    for (let waitMs = FIRST_WAIT_MS; !this.#closed; ) {
      if (Date.now() - event.acceptedAt > mostAgeMs) {
        onFailure({ event, condition: 'EventAgeExceeded', invokeCount: tries, outcome })
        break
      }
      const answer = await invoke(event)
      if (answer !== null) {
        outcome = answer
        if (answer.functionError === undefined) break
        tries++
        if (tries > retries) {
          onFailure({ event, condition: 'RetriesExhausted', invokeCount: tries, outcome })
          break
        }
      }
      await this.#pause(waitMs)
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
    }
    this.pending--
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer)
          resolve()
        },
        ms * (this.#options.pace ?? 1),
      )
      this.#timers.add(timer)
    })
  }
}
