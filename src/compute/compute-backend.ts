/** The port to compute: something that runs one task event and answers with its result. */
import type { TaskEvent, TaskResult } from '../task/task-event.ts'

export interface RunOptions {
  /** Aborting stops the attempt: within a second locally; the promise then resolves with `CANCELLED`. */
  readonly signal: AbortSignal
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
  /** Starts what can be started ahead (worker threads), while the plan is still being made. */
  warm?(): void
  run(event: TaskEvent, options: RunOptions): Promise<TaskResult>
  close(): Promise<void>
}
