/** FakeClock: a clock that stands still until the test lets time pass. */
import type { Clock, Timer } from '../ports/ports.ts'

/** How many turns of the event loop follow each timer, so that what it started can come to rest. */
const TURNS_A_TIMER = 20

/**
 * For an engine's `clock`: retries, deadlines and leases then wait for `pass`.
 *
 * @example
 * const clock = new FakeClock()
 * let rang = false
 * clock.after(60_000, () => void (rang = true))
 * await clock.pass(59_999)
 * const before = rang // false
 * await clock.pass(1)
 * const after = rang // true
 */
export class FakeClock implements Clock {
  #now: number
  readonly #timers = new Map<Timer, { readonly at: number; readonly callback: () => void }>()

  /** `startMs` is the time that it shows first, in milliseconds since 1970. */
  constructor(options: { readonly startMs?: number } = {}) {
    this.#now = options.startMs ?? 0
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now
  }

  /** Calls back once when `pass` has come so far. */
  after(delayMs: number, callback: () => void): Timer {
    const timer: Timer = { cancel: () => void this.#timers.delete(timer) }
    this.#timers.set(timer, { at: this.#now + delayMs, callback })
    return timer
  }

  /** Calls back in a later turn of the real event loop: no time passes meanwhile. */
  soon(callback: () => void): void {
    setImmediate(callback)
  }

  /** Timers that have neither fired nor been cancelled. */
  get waiting(): number {
    return this.#timers.size
  }

  /** Lets time pass, timer by timer, with all that follows from each. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    await turns()
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)
      if (next === undefined) break
      const [timer, { at, callback }] = next
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, at)
      callback()
      await turns()
    }
    this.#now = end
  }
}

/** Lets everything happen that needs no time to pass. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS_A_TIMER; turn++) await new Promise<void>(resolve => setImmediate(resolve))
}
