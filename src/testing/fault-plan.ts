/** A fault plan: how often what goes wrong in a test, decided by a seed. */
import { createHash } from 'node:crypto'
import { DunlinError } from '../../operators/index.ts'

/** Shares of attempts or of requests, from 0 (the default) to 1. */
export interface FaultPlan {
  /** Equal seeds, pipelines and data give equal faults. Default 0. */
  readonly seed?: number
  /** Attempts whose worker is lost before it does anything. */
  readonly workerLost?: number
  /** Attempts that do all their work, and whose answer is lost. */
  readonly answerLost?: number
  /** Attempts that are delivered twice and run at the same time. */
  readonly duplicated?: number
  /** Attempts that are refused for the moment. */
  readonly throttled?: number
  /** Requests to the store that fail, by turns before and after they have been carried out. */
  readonly storeFailed?: number
}

export type FaultKind = Exclude<keyof FaultPlan, 'seed'>

/** Attempts of a task that may be struck: the default of three retries is always enough. */
export const STRUCK_ATTEMPTS = 2

export class Faults {
  readonly #plan: FaultPlan
  readonly #counts = new Map<FaultKind, number>()
  #requests = 0

  /** @throws INVALID_ARGUMENT for a share that is none */
  constructor(plan: FaultPlan) {
    for (const [kind, share] of Object.entries(plan) as [keyof FaultPlan, number][]) {
      if (kind !== 'seed' && !(share >= 0 && share <= 1)) {
        throw new DunlinError(
          'INVALID_ARGUMENT',
          `the share of ${kind} is ${share}, which is not between 0 and 1`,
        )
      }
    }
    this.#plan = plan
  }

  /** How many of each kind there were. */
  get counts(): Readonly<Partial<Record<FaultKind, number>>> {
    return Object.fromEntries(this.#counts)
  }

  /** Whether `what` is struck; counts it if so. */
  strikes(kind: FaultKind, what: string): boolean {
    const share = this.#plan[kind] ?? 0
    if (share === 0 || luck(`${this.#plan.seed ?? 0} ${kind} ${what}`) >= share) return false
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    return true
  }

  /** A number for each request, by which it is struck or not. */
  nextRequest(): number {
    return this.#requests++
  }
}

/** A number in [0, 1) that depends on the text alone. */
function luck(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE(0) / 2 ** 32
}
