/** Hedge: a request whose answer is slow to begin is raced by a second one. */
import type { Clock } from '../../../src/worker.ts'
import { hedgeAfterMs, REMEMBERED } from './hedge-policy.ts'

export interface Racer<T> {
  /** Resolves when the answer begins. */
  begin(abortSignal: AbortSignal): Promise<T>
  /** Of an answer that came second. */
  discard(answer: T): void
}

/** Learns from the requests of one client what is slow. */
export class Hedge {
  readonly #clock: Clock
  readonly #recentMs: number[] = []
  #next = 0
  #requests = 0
  #hedges = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The first answer to begin; the other request is given up. Fails where all that were sent have failed. */
  first<T>(racer: Racer<T>, signal: AbortSignal | undefined): Promise<T> {
    const startedAt = this.#clock.now()
    const afterMs = hedgeAfterMs({
      recentMs: this.#recentMs,
      requests: ++this.#requests,
      hedges: this.#hedges,
    })
    return new Promise<T>((resolve, reject) => {
      const running = new Set<AbortController>()
      let isOver = false
      const send = (): void => {
        const own = new AbortController()
        running.add(own)
        const both = signal === undefined ? own.signal : AbortSignal.any([own.signal, signal])
        racer.begin(both).then(
          answer => {
            if (isOver) return racer.discard(answer)
            end()
            running.delete(own)
            for (const other of running) other.abort()
            this.#remember(this.#clock.now() - startedAt)
            resolve(answer)
          },
          (error: unknown) => {
            running.delete(own)
            if (isOver || running.size > 0) return
            end()
            reject(error)
          },
        )
      }
      const timer =
        afterMs === null
          ? null
          : this.#clock.after(afterMs, () => {
              this.#hedges++
              send()
            })
      const end = (): void => {
        isOver = true
        timer?.cancel()
      }
      send()
    })
  }

  #remember(ms: number): void {
    this.#recentMs[this.#next] = ms
    this.#next = (this.#next + 1) % REMEMBERED
  }
}
