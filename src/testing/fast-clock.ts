/** fastClock: a clock on which time passes faster than it does. */
import type { Clock } from '../ports/ports.ts'
import { systemClock } from '../ports/system-clock.ts'

/** It starts with the real time; a wait of `ms` takes `ms / speed`. */
export function fastClock(speed: number, real: Clock = systemClock): Clock {
  const start = real.now()
  return {
    now: () => start + (real.now() - start) * speed,
    after: (delayMs, callback) => real.after(delayMs / speed, callback),
    soon: callback => real.soon(callback),
  }
}
