/** LeaseKeeper: beats while a driver drives its job, and looks whether it still does: nobody has taken over or asked for an end. */
import type { Clock, Timer } from '../ports/ports.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readCancel } from './cancel-mark.ts'
import { beatLease, beatMs, holderText, type LeaseHolder, readLease } from './lease.ts'

export interface LeaseKeeperOptions {
  readonly store: ObjectStore
  readonly job: string
  readonly epoch: number
  /** The epoch in which the job was begun or last reopened. */
  readonly since: number
  readonly holder: LeaseHolder
  readonly clock: Clock
  /** Another driver has the job; called once. */
  readonly onLost: (by: string) => void
  /** Somebody asks that the job be cancelled; called once. */
  readonly onCancel: (reason: string) => void
}

const BEATS_AT_ONCE = 4

/** A request that fails is left to the next beat: that the lease is lost for good, the journal tells. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  #timer: Timer | null = null
  #beat = 0
  readonly #beating = new Set<Promise<void>>()
  #stopped = false
  #wasAsked = false

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
    this.#wait()
  }

  /** No beat after this; the lease is let go, so that nobody has to wait until it lapses. Never rejects. */
  async release(): Promise<void> {
    await this.stop()
    await this.#write(true).catch(() => undefined)
  }

  /** No beat after this. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await Promise.all(this.#beating)
  }

  /** A beat does not wait for the one before: a request that takes long must not look like a driver that is dead. */
  #wait(): void {
    this.#timer = this.#options.clock.after(beatMs(this.#options.holder), () => {
      if (this.#stopped) return
      this.#wait()
      if (this.#beating.size >= BEATS_AT_ONCE) return
      const beating = this.#once().finally(() => this.#beating.delete(beating))
      this.#beating.add(beating)
    })
  }

  async #once(): Promise<void> {
    const { store, job, epoch, since, onLost, onCancel } = this.#options
    try {
      const next = await readLease(store, job, epoch + 1)
      if (next !== undefined) {
        if (!this.#stopped) onLost(holderText(next.holder))
        this.#stopped = true
        this.#timer?.cancel()
        return
      }
      await this.#write(false)
      const cancel = this.#wasAsked ? undefined : await readCancel(store, job, since)
      if (cancel === undefined || this.#stopped) return
      this.#wasAsked = true
      onCancel(cancel.reason)
    } catch {}
  }

  async #write(released: boolean): Promise<void> {
    const { store, job, epoch, holder } = this.#options
    this.#beat++
    await beatLease(store, job, { version: 1, epoch, holder, beat: this.#beat, released })
  }
}
