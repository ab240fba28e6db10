/** pause: lets time pass by a clock that tests may hold. */
import type { Clock } from './ports.ts'

export function pause(clock: Pick<Clock, 'after'>, ms: number): Promise<void> {
  return new Promise(resolve => void clock.after(ms, resolve))
}
