/** Faults that the service is asked to have, each with a share of invocations; by a seed, so that a run can be had again. */
import { seededRandom } from '../../src/worker.ts'

export interface ServiceFaults {
  readonly seed: number
  /** Answered by 429 though there was room. */
  readonly throttled?: number
  /** The environment is killed at a random moment. */
  readonly killed?: number
  /** The function has run, and its answer is not sent: the connection breaks off. */
  readonly lostResponse?: number
  /** An asynchronous event is delivered twice. */
  readonly duplicated?: number
}

export type FaultKind = Exclude<keyof ServiceFaults, 'seed'>

const KINDS: readonly FaultKind[] = ['throttled', 'killed', 'lostResponse', 'duplicated']

/** Draws the faults of one invocation after the other, and counts those that struck. */
export class FaultDice {
  readonly struck: Record<FaultKind, number> = { throttled: 0, killed: 0, lostResponse: 0, duplicated: 0 }
  readonly #faults: ServiceFaults
  readonly #random: ReadonlyMap<FaultKind, () => number>

  constructor(faults: ServiceFaults) {
    this.#faults = faults
    this.#random = new Map(KINDS.map((kind, index) => [kind, seededRandom(faults.seed, index, 0)]))
  }

  strikes(kind: FaultKind): boolean {
    const share = this.#faults[kind]
    if (share === undefined || this.#random.get(kind)!() >= share) return false
    this.struck[kind]++
    return true
  }

  /** From 0 to 1: where in the life of an invocation it is struck. */
  moment(): number {
    return this.#random.get('killed')!()
  }
}
