/** What every action and every run may be given. */
import type { Engine } from '../engine/engine.ts'
import type { JobEvent } from '../events/job-event.ts'
import type { OnError } from './on-error.ts'

/** What `run` and every action take. */
export interface RunOptions {
  /** Where to run; the default is what `dunlin.config.ts` and the environment say, or else the local engine. */
  readonly engine?: Engine
  /** Aborting cancels the job: workers stop within a second, unfinished output is removed. */
  readonly signal?: AbortSignal
  /**
   * Called with each event of the job, in order. A promise is waited for before more tasks are launched; an error
   * fails the job.
   */
  readonly onEvent?: (event: JobEvent) => unknown
  /** What `jobs list` shows. */
  readonly name?: string
  /**
   * Further attempts of a task after a failure that may pass. Default 3; one at most where a user function threw. A job
   * on which more than a third of many attempts fail ends whatever is said here.
   */
  readonly retries?: number
  /** Tasks in flight at most; never more than the engine's slots. */
  readonly concurrency?: number
  /**
   * Dollars that the job may cost at most. A task is launched only while what has been spent, everything in flight and that
   * task stay under it even if each runs until it is stopped; else the job ends with `MAX_COST`, and is kept for `jobs
   * retry`. Not counted are the driver's own requests, and storage. Of no effect on an engine that costs nothing.
   */
  readonly maxCost?: number
  /**
   * How divided rows reach their readers: `'direct'`, or `'two-level'`, merged on their way by a wave of their own, which takes
   * far fewer requests where an exchange is wide. Results are the same. Default: what costs less by the engine's prices and
   * the store's rates.
   */
  readonly exchange?: 'direct' | 'two-level'
  /** Seeds `task.random()`. Default 0. */
  readonly seed?: number
  /**
   * Uses what earlier runs with `reuse` have computed, where code, plan, seed and listing (key, size, version) of a stage
   * and of all before it are the same; and keeps what this run computes, until `dunlin jobs clean`. Default false.
   */
  readonly reuse?: boolean
  /**
   * What to do about a record that cannot be read, or that a function throws on: `'fail'` (default), `'skip'`, or
   * `{ tolerate, deadLetters, mode }`, which skips up to a share of them and says where they go.
   */
  readonly onError?: OnError
}

/** What the actions take that bring all records into memory. */
export interface CollectOptions extends RunOptions {
  /** The largest result that may come into the driver's memory, in bytes. Default 256 MB. */
  readonly maxBytes?: number
}

/** What `explain` takes. */
export interface ExplainOptions extends Pick<RunOptions, 'engine' | 'onError' | 'exchange'> {
  /** Tells also what is shipped to workers: its size, packages, captured values, warnings. Default false. */
  readonly code?: boolean
}
