/** Runs a job: the thin shell around the state machine, through which all that is not pure reaches it. */
import type { CountedFailure, Failure, Schema } from '../../operators/index.ts'
import type { Planned, StageId } from '../../planner/index.ts'
import type { Engine } from '../engine/engine.ts'
import type { JobEvent } from '../events/job-event.ts'
import type { ReportBuilder, ReportParts } from '../events/report.ts'
import type { RestoredJob } from '../job/restore.ts'
import type { CommittedPart, TaskSuccess } from '../task/task-event.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import { JobRun } from './job-run.ts'

export interface RunJobOptions {
  /** The job's id. */
  readonly job: string
  readonly name: string
  readonly planned: Planned
  readonly engine: Engine
  /** Seeds `task.random`. */
  readonly seed: number
  /** Counts the drivers that have had the job. Default 1. */
  readonly epoch?: number
  /** What earlier drivers have done: only what has not committed runs. */
  readonly restored?: RestoredJob
  /** Goes on from what it holds. Default: an empty one. */
  readonly report?: ReportBuilder
  /** Aborting cancels the job. */
  readonly signal?: AbortSignal
  /**
   * Receives every event, in order. A promise holds further launches back until it settles, which is how a slow
   * journal bounds what waits for it; one that rejects, or a listener that throws, fails the job.
   */
  readonly onEvent?: (event: JobEvent) => void | Promise<void>
  /** Attempts that may follow the first of each task. Default 3; errors of user functions have one at most. */
  readonly retries?: number
  /** Shared by the jobs of an engine. Default: the backend's slots, for this job alone. */
  readonly limit?: ConcurrencyLimit
  /** Tasks of this job that may run at once, below what the limit gives. */
  readonly concurrency?: number
  /** Dollars that the job may cost in all, with what earlier drivers have spent. */
  readonly maxCost?: number
  /**
   * Called once when every stage has finished and before `jobFinished` is given out: makes the output visible.
   * A rejection fails the job.
   */
  readonly publish?: (results: JobResults) => Promise<void>
}

/** What the `write` and `result` stages gave. Of a job that did not succeed: as far as they came. */
export interface JobResults {
  /** By stage, in task order; of a partial wave the first tasks that have enough rows. */
  readonly results: ReadonlyMap<StageId, readonly TaskSuccess[]>
  /** By stage: unified over its results; null where there was no row. */
  readonly schemas: ReadonlyMap<StageId, Schema | null>
  /** Of all stages, in the order of the plan, then of tasks. */
  readonly deadLetters: readonly CommittedPart[]
}

export interface JobOutcome extends JobResults {
  readonly state: 'succeeded' | 'failed' | 'cancelled'
  /** Why it did not succeed; `CANCELLED` where it was cancelled. */
  readonly failure?: Failure
  /** The first failure of each kind, retried or not, and how many of its kind there were. */
  readonly failures: readonly CountedFailure[]
  readonly report: ReportParts
}

/** A job on its way. */
export interface RunningJob {
  readonly outcome: Promise<JobOutcome>
  /**
   * Adds stages, which may read those that the job has. Resolves when they are part of it.
   *
   * @throws INVALID_PLAN, or INVALID_ARGUMENT where the job has ended; the job goes on as it was
   */
  addStages(planned: Planned): Promise<void>
}

/**
 * Runs a plan to its end. Resolves also where the job fails or is cancelled; after an abort, when every attempt
 * has answered or two seconds have passed.
 *
 * @throws what `onEvent` throws for the last event, when there is no job left to fail
 *
 * @example
 * const outcome = await runJob({ job: newJobId(clock, random), name: 'words', planned, engine, seed: 1 })
 * if (outcome.failure !== undefined) throw fromFailure(outcome.failure)
 */
export function runJob(options: RunJobOptions): Promise<JobOutcome> {
  return startJob(options).outcome
}

/** Like `runJob`, for a job that grows while it runs. */
export function startJob(options: RunJobOptions): RunningJob {
  return new JobRun(options)
}
