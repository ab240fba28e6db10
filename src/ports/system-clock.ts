/** The real clock. */
import type { Clock, Timer } from './ports.ts'

/** What setTimeout can count; it calls at once for more. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

/** Timers measure by the monotonic clock, so that setting the system's clock neither hurries nor delays them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  soon: callback => void setImmediate(callback),
  after(delayMs, callback): Timer {
    const until = performance.now() + delayMs
    const wait = (): NodeJS.Timeout => {
      // Rounded up, since a timer may come a fraction of a millisecond early.
      const leftMs = Math.max(0, Math.ceil(until - performance.now()))
      return setTimeout(arrive, Math.min(leftMs, LONGEST_TIMEOUT_MS))
    }
    const arrive = (): void => {
      if (performance.now() < until) timeout = wait()
      else callback()
    }
    let timeout = wait()
    return { cancel: () => clearTimeout(timeout) }
  },
}
