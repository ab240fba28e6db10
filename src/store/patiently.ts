/** patiently: one request that is sent again while it fails for the moment; the one policy of retries of a store. */
import { DunlinError } from '../../operators/index.ts'
import { pause } from '../ports/pause.ts'
import type { Clock, Randomness } from '../ports/ports.ts'
import { throwIfAborted } from './request.ts'

/** Waits in all: a network that changes, a laptop that wakes. */
const PATIENCE_MS = 60_000
const BASE_MS = 100
const MAX_MS = 5_000

export interface Patience {
  readonly clock: Pick<Clock, 'after'>
  readonly random: Pick<Randomness, 'next'>
}

export interface PatientRequest extends Patience {
  readonly signal: AbortSignal | undefined
  /** Of what is asked for, for the message of a cancellation. */
  readonly uri: string
}

/**
 * Failures that are `retryable` are tried again, for a minute, with exponential back-off and full jitter.
 *
 * @throws the last failure; `CANCELLED` where the signal is aborted meanwhile
 */
export async function patiently<T>(request: () => Promise<T>, options: PatientRequest): Promise<T> {
  const tries = new Tries(options)
  for (;;) {
    try {
      return await request()
    } catch (error) {
      await tries.after(error)
    }
  }
}

/** The tries of one request: for what is more than a call that either gives its result or fails. */
export class Tries {
  readonly #options: PatientRequest
  #failures = 0
  #waitedMs = 0

  constructor(options: PatientRequest) {
    this.#options = options
  }

  /** Waits until the next try; throws the failure where there is none. */
  async after(error: unknown): Promise<void> {
    const { clock, random, signal, uri } = this.#options
    if (!(error instanceof DunlinError && error.retryable) || this.#waitedMs >= PATIENCE_MS) throw error
    const longestMs = Math.min(MAX_MS, BASE_MS * 2 ** this.#failures++)
    this.#waitedMs += longestMs
    await pause(clock, Math.floor(longestMs * random.next()))
    throwIfAborted(signal, uri)
  }

  /** Something has come: patience begins anew. */
  renew(): void {
    this.#failures = 0
    this.#waitedMs = 0
  }
}
