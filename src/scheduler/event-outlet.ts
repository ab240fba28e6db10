/** EventOutlet: gives a job's events their time, adds them to its report and hands them to whoever listens. */
import { type Failure, toFailure } from '../../operators/index.ts'
import type { JobEvent } from '../events/job-event.ts'
import type { ReportBuilder } from '../events/report.ts'
import type { UntimedEvent } from '../job/command.ts'
import type { Clock } from '../ports/ports.ts'

export interface OutletOptions {
  readonly clock: Clock
  readonly report: ReportBuilder
  readonly onEvent: ((event: JobEvent) => void | Promise<void>) | undefined
  /** A listener that had asked for time (by a promise) is done. */
  readonly released: () => void
  /** A listener threw, or its promise rejected: what it missed cannot be made good. */
  readonly failed: (failure: Failure) => void
}

export class EventOutlet {
  readonly report: ReportBuilder
  readonly #options: OutletOptions
  readonly #holds = new Set<Promise<void>>()
  #failure: Failure | null = null

  constructor(options: OutletOptions) {
    this.#options = options
    this.report = options.report
  }

  /** Whether a listener has asked for time. */
  get isHeld(): boolean {
    return this.#holds.size > 0
  }

  emit(untimed: UntimedEvent): void {
    try {
      const hold = this.#hand(untimed)
      if (hold instanceof Promise) this.#holdFor(hold)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The last event: rejects where its listener does. */
  async end(untimed: UntimedEvent): Promise<void> {
    await this.#hand(untimed)
  }

  /** Waits for the listeners, and gives the first failure of any so far. */
  async drain(): Promise<Failure | null> {
    while (this.isHeld) await Promise.all(this.#holds)
    return this.#failure
  }

  #hand(untimed: UntimedEvent): void | Promise<void> {
    const event: JobEvent = { time: this.#options.clock.now(), ...untimed }
    this.report.add(event)
    return this.#options.onEvent?.(event)
  }

  #holdFor(promise: Promise<void>): void {
    const hold = promise
      .catch(error => this.#fail(error))
      .finally(() => {
        this.#holds.delete(hold)
        this.#options.released()
      })
    this.#holds.add(hold)
  }

  #fail(error: unknown): void {
    this.#failure ??= toFailure(error)
    this.#options.failed(this.#failure)
  }
}
