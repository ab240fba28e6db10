/** An Engine: where objects are and where tasks run. */
import type { EngineFacts } from '../../planner/index.ts'
import type { ComputeBackend } from '../compute/compute-backend.ts'
import type { Clock, DriverPlace, Randomness } from '../ports/ports.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'

/**
 * Runs jobs: an object store and something that runs tasks. `local()` gives one; `run`, the actions and `explain` take
 * it as `engine`.
 */
export interface Engine {
  readonly name: string
  /**
   * Called before anything else is asked of the engine: finds what its settings leave open. `'store'` is enough for
   * `store`, `stores` and `baseUri`; `'all'` also makes sure that tasks can run.
   */
  open?(what: 'store' | 'all'): Promise<void>
  /** Holds `jobs/` and `code/`. */
  readonly store: ObjectStore
  /** What relative paths are relative to: a root URI. */
  readonly baseUri: string
  /** Opens the roots of sources and outputs. */
  readonly stores: Stores
  readonly compute: ComputeBackend
  readonly clock: Clock
  readonly random: Randomness
  /** Default: this process. */
  readonly place?: DriverPlace
  /** How long its drivers may be silent before others may take their jobs over. Default 20 s. */
  readonly lapseMs?: number
  readonly facts: EngineFacts
  /** Called before a job is submitted: makes what the store needs beside its objects. */
  prepare?(): Promise<void>
  close(): Promise<void>
}
