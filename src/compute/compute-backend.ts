/** The port to compute: something that runs one task event and answers with its result. */
import type { Ramp } from '../job/policies/launch-window.ts'
import type { TaskEvent, TaskResult } from '../task/task-event.ts'

export interface RunOptions {
  /** Aborting stops the attempt: within a second locally; the promise then resolves with `CANCELLED`. */
  readonly signal: AbortSignal
  /**
   * Asks for a worker that has at least so much memory: the smallest of `memorySizesMb` that is enough, or the largest.
   * Default: the first of them. The result is the same bit for bit, since operators keep to the budget in the plan.
   */
  readonly memoryMb?: number
}

/**
 * - `run` never rejects: a failure of any kind is a `TaskFailed`. A worker that died is `WORKER_LOST`, retryable.
 * - The event makes a JSON round trip, also where no process border is crossed.
 * - It does not retry, and does not queue: the scheduler keeps at most `slots` calls in flight.
 */
export interface ComputeBackend {
  readonly name: string
  /** Calls that may be in flight at once. */
  readonly slots: number
  /**
   * Memory that a worker can have, ascending; the first is what it has where nothing is asked for, and the only one
   * where workers cannot be larger.
   */
  readonly memorySizesMb: readonly number[]
  /**
   * Set where that is all the memory of a worker: a stage then starts with what it asks for. Absent: it is the
   * JavaScript heap alone; what a stage asks for are the budgets of operators, most of which lies outside of it, and
   * so every stage starts with the first size.
   */
  readonly memoryIsTotal?: boolean
  /** How fast it can be filled. Absent: all slots at once. The scheduler keeps to it, so that it need not throttle. */
  readonly ramp?: Ramp
  /**
   * Whether a second attempt of a slow task is worth starting: workers are on machines that differ. Absent: no, since
   * on one machine it would only take from the first one.
   */
  readonly speculates?: boolean
  /** Starts what can be started ahead (worker threads), while the plan is still being made. */
  warm?(): void
  run(event: TaskEvent, options: RunOptions): Promise<TaskResult>
  close(): Promise<void>
}
