/** VirtualTime: the event loop of a simulation; time passes only from one timer to the next. */
import type { Timer } from '../../src/ports/ports.ts'
import type { RandomStream } from './random-streams.ts'

/** 2026-01-01. */
const START_MS = 1_767_225_600_000

/** The longest job of some thousand seeds takes a tenth of it. */
const MOST_EVENTS = 20_000

interface Waiting {
  readonly atMs: number
  /** Timers of one instant fire in an order that the seed chooses. */
  readonly rank: number
  readonly callback: () => void
  cancelled: boolean
}

export type LoopEnd =
  /** What was waited for has happened. */
  | 'done'
  /** Nothing is left that could happen. */
  | 'idle'
  /** Time is up. */
  | 'late'
  /** Too much has happened: it goes round in a circle. */
  | 'busy'

/** Code under simulation must be promises and these timers only: then one turn of the real loop drains it. */
export class VirtualTime {
  readonly #ranks: RandomStream
  readonly #heap: Waiting[] = []
  nowMs = START_MS
  /** Timers that have fired. */
  events = 0

  constructor(ranks: RandomStream) {
    this.#ranks = ranks
  }

  get elapsedMs(): number {
    return this.nowMs - START_MS
  }

  after(delayMs: number, callback: () => void): Timer {
    const atMs = this.nowMs + Math.max(0, Math.ceil(delayMs))
    const waiting: Waiting = { atMs, rank: this.#ranks.next(), callback, cancelled: false }
    this.#push(waiting)
    return {
      cancel() {
        waiting.cancelled = true
      },
    }
  }

  /** Fires timers until `done()` holds, none is left, or virtual time has passed `untilMs`. */
  async run(done: () => boolean, untilMs: number): Promise<LoopEnd> {
    for (;;) {
      await turn()
      if (done()) return 'done'
      const next = this.#pop()
      if (next === undefined) return 'idle'
      if (next.atMs - START_MS > untilMs) return 'late'
      if (this.events >= MOST_EVENTS) return 'busy'
      this.nowMs = next.atMs
      this.events++
      next.callback()
    }
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap
    let at = heap.push(waiting) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(waiting, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = waiting
  }

  #pop(): Waiting | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined) return undefined
      this.#removeFirst()
      if (!first.cancelled) return first
    }
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.rank < b.rank)
}

/** Every microtask that is due has run when it resolves. */
const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))
