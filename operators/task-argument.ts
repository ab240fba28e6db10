/** What a user's function is given as its last argument. */

/** Events a function may log; they reach the driver's event stream with stage and task. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * The task, as the last argument of every user function sees it.
 *
 * @example
 * const seen = range(9).map((n, task) => {
 *   if (n > 5) task.counter('large')
 *   return n
 * })
 * const report = await seen.write.text('out/seen/').run()
 * report.counters // { large: 3 }
 */
export interface TaskArgument {
  /** The task's number within its stage. */
  readonly index: number
  /** The partition that it works on; equal to `index` but for unions. */
  readonly partition: number
  /** 1 for the first try. */
  readonly attempt: number
  /** A number in [0, 1), seeded by the job's seed, the stage and the task: the same under retries. */
  random(): number
  /** Aborted when the job is cancelled or the task's deadline has passed. */
  readonly signal: AbortSignal
  /** When the task must have ended, in milliseconds since 1970; Infinity where there is no limit. */
  readonly deadline: number
  /** Sends a line to the driver's events; `level` is `info` unless given. */
  log(message: string, level?: LogLevel): void
  /** Adds `by` (default 1) to a counter of the report. Attempts that lose are not counted. */
  counter(name: string, by?: number): void
}
