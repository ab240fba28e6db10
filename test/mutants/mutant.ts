/** Mutant: one small change that breaks the protocol's code, and where its damage is looked for first. */

import type { FaultKind } from '../simulation/fault-kinds.ts'
import type { StrikeOptions } from '../simulation/strike-everywhere.ts'
import type { CheckName } from './checks/checks.ts'

export interface Mutant {
  /** What is broken, as a sentence. */
  readonly name: string
  /** Below the root of the repository. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Where to look first. Default: the seeds of the simulation, as they come. */
  readonly look?: Look
}

export interface Look {
  /** A check of `checks/` that is made in the mutant's process: what no simulated job does. */
  readonly check?: CheckName
  /** A process that is struck before and after each of its requests. */
  readonly strikes?: StrikeOptions
  /** The simulation's faults, narrowed to these kinds, each often. */
  readonly faults?: readonly FaultKind[]
  /** Workloads by name; all by default. */
  readonly workloads?: readonly string[]
}

/** One run that an invariant can break: small JSON, so that it can be repeated on the code as it is. */
export type Case =
  | { readonly kind: 'check'; readonly check: CheckName }
  | { readonly kind: 'strike'; readonly strikes: StrikeOptions; readonly request: number }
  | {
      readonly kind: 'narrow'
      readonly seed: number
      readonly faults: readonly FaultKind[]
      readonly workload: string
    }
  | { readonly kind: 'seed'; readonly seed: number }

/** What became of a mutant. */
export interface Hunted {
  readonly name: string
  /** Runs until it was caught, or until none were left. */
  readonly runs: number
  /** Null: it survived. */
  readonly caught: Catch | null
}

export interface Catch {
  /** Null where nothing ran: it fails without a fault, or hangs. */
  readonly of: Case | null
  /** What the invariant says. */
  readonly finding: string
}
