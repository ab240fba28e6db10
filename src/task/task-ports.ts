/** What `runTask` is given by whoever runs it: a local worker, a Lambda handler, a test. */
import type { UserFn } from '../../operators/index.ts'
import type { Clock, Randomness } from '../ports/ports.ts'
import type { RequestCounts } from '../store/counted-store.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'

export interface TaskPorts {
  readonly stores: Stores
  readonly clock: Clock
  /** Tells the deliveries of one event apart: nothing of it reaches a result. */
  readonly random: Pick<Randomness, 'hex'>
  /** Aborted when the attempt is cancelled. */
  readonly signal: AbortSignal
  /** Resident memory of this process at its highest, for the report. */
  peakMemoryBytes?(): number
  /** The functions of a shipped module, verified against its hash; cached per process. */
  loadFunctions(store: ObjectStore, hash: string): Promise<readonly UserFn[]>
}

/** Those of one task: its requests are counted. */
export interface CountedPorts extends TaskPorts {
  readonly counts: RequestCounts
  /** What its worker keeps from task to task: plans are known by it. */
  readonly keptStores: Stores
}
