/** LeaseWatch: a worker's eye on the lease of the driver that asked for its task, so that orphans stop by themselves. */
import type { Clock, Timer } from '../ports/ports.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { BEATS_TO_LAPSE, beatMs, readLease } from './lease.ts'

/** A task that has ended by then makes no request. */
const FIRST_LOOK_MS = 8_000

/** Who asked for a task. */
export interface Asker {
  readonly job: string
  readonly epoch: number
}

/**
 * Looks at the lease now and then, and counts the looks that find the same beat: clocks, this machine's and the driver's,
 * may be set as anybody likes. A store that cannot be read says nothing.
 */
export class LeaseWatch {
  /** The driver is gone or has let go: nobody waits for the task. */
  lapsed = false
  readonly #store: ObjectStore
  readonly #asker: Asker
  readonly #clock: Clock
  #timer: Timer | null
  /** What the holder says of itself, as soon as it is known. */
  #lookMs = FIRST_LOOK_MS
  #beat: number | null = null
  #sameLooks = 0
  #stopped = false

  constructor(store: ObjectStore, asker: Asker, clock: Clock) {
    this.#store = store
    this.#asker = asker
    this.#clock = clock
    this.#timer = clock.after(FIRST_LOOK_MS, () => this.#look())
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#timer = null
  }

  #look(): void {
    readLease(this.#store, this.#asker.job, this.#asker.epoch)
      .then(lease => {
        if (lease !== undefined) this.#lookMs = beatMs(lease.holder)
        // Gone: the job has been cleaned away.
        if (lease === undefined || lease.released) this.lapsed = true
        else if (lease.beat !== this.#beat) {
          this.#beat = lease.beat
          this.#sameLooks = 0
        } else if (++this.#sameLooks >= BEATS_TO_LAPSE) this.lapsed = true
      })
      .catch(() => undefined)
      .finally(() => {
        if (!this.#stopped && !this.lapsed) this.#timer = this.#clock.after(this.#lookMs, () => this.#look())
      })
  }
}
