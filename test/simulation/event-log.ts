/** EventLog: everything that happened in one simulation, a line each, and its hash. */
import { createHash } from 'node:crypto'
import type { VirtualTime } from './virtual-time.ts'

export class EventLog {
  readonly #time: VirtualTime
  readonly lines: string[] = []
  /** How often something was reached: states, events. */
  readonly reached = new Map<string, number>()

  constructor(time: VirtualTime) {
    this.#time = time
  }

  add(who: string, what: string): void {
    this.lines.push(`${this.#time.elapsedMs} ${who} ${what}`)
  }

  reach(name: string): void {
    this.reached.set(name, (this.reached.get(name) ?? 0) + 1)
  }

  get hash(): string {
    const hash = createHash('sha256')
    for (const line of this.lines) hash.update(line).update('\n')
    return hash.digest('hex').slice(0, 16)
  }
}
