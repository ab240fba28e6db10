/** What the driver knows of a running job: an immutable value, made and changed only by `advance`. */
import type { Failure, Schema } from '../../operators/index.ts'
import type { Stage, StageId } from '../../planner/index.ts'
import type { SkipTally } from '../scheduler/policies/error-policy.ts'
import type { RetryPolicy } from '../scheduler/policies/retry.ts'
import type { Outcome } from './command.ts'
import type { PersistentHeap } from './persistent-heap.ts'
import { PersistentVector } from './persistent-vector.ts'

/** How often a task was launched, and how often it failed; throttled attempts are not its own fault. */
export interface Tries {
  readonly launched: number
  readonly failed: number
  readonly throttled: number
}

/**
 * One task, or the manifest of a stage.
 *
 * ```
 *            launched              answered well
 *  pending ───────────▶ running ───────────────────▶ committed
 *     ▲                    │
 *     │ timer        failed│  not again
 *     └───── waiting ◀─────┴────────────▶ failed
 *             (for its retry)
 * ```
 *
 * Any state goes to `committed` when an attempt, however late, says that the task has committed.
 * `stray` holds attempts that were launched, are not needed any more and have not answered.
 */
export type TaskState =
  | { readonly state: 'pending'; readonly tries: Tries }
  | { readonly state: 'running'; readonly tries: Tries; readonly attempts: readonly number[] }
  | { readonly state: 'waiting'; readonly tries: Tries }
  | {
      readonly state: 'committed'
      /** The one that won. */
      readonly attempt: number
      readonly rowsOut: number
      readonly schema: Schema | null
      /** Where bad records are skipped; without kinds that the prefix has already. */
      readonly skipped?: SkipTally
      readonly stray: readonly number[]
    }
  | { readonly state: 'failed'; readonly failure: Failure; readonly stray: readonly number[] }

/**
 * ```
 *  blocked ──inputs finished──▶ running ──all needed tasks committed──▶ closing ──manifest written──▶ finished
 *                                  └──────────── output is not an exchange ─────────────────────────────▲
 * ```
 */
export type StagePhase =
  /** `waitsFor` of the stages that it reads have not finished. */
  | { readonly state: 'blocked'; readonly waitsFor: number }
  | { readonly state: 'running' }
  | { readonly state: 'closing'; readonly manifest: TaskState }
  | { readonly state: 'finished'; readonly manifest: TaskState | null }

/** The first `tasks` tasks of a stage, all committed, taken together in their order: what does not depend on luck. */
export interface Prefix {
  readonly tasks: number
  readonly rows: number
  readonly schema: Schema | null
  /** Where bad records are skipped. */
  readonly skipped?: SkipTally
}

export interface StageState {
  readonly stage: Stage
  readonly phase: StagePhase
  /** Positions of the stages that read this one. */
  readonly readers: readonly number[]
  readonly tasks: PersistentVector<TaskState>
  /** The first `released` tasks may run: all of them, but in a partial wave. */
  readonly released: number
  /** Tasks launched at least once. */
  readonly launched: number
  /** Rows that the committed tasks read through exchanges. */
  readonly exchangeRowsIn: number
  readonly prefix: Prefix
}

/**
 * ```
 *  created ──started──▶ running ──all stages finished─────▶ cancelling ──attempts answered──▶ succeeded
 *                          ├───── a task failed for good ─▶ cancelling ──or 2 s passed──────▶ failed
 *                          └───── cancel requested ───────▶ cancelling ─────────────────────▶ cancelled
 * ```
 *
 * The outcome is settled when `cancelling` begins: it is the wait for attempts that nobody needs any more, and is
 * passed through at once where there are none.
 */
export type JobStatus =
  | { readonly state: 'created' }
  | { readonly state: 'running' }
  | { readonly state: 'cancelling'; readonly outcome: Outcome }
  | Outcome

/** Tasks `from` … `to - 1` of a stage wait for slots; `from` is `MANIFEST` for its manifest. */
export interface ReadyTasks {
  readonly position: number
  readonly from: number
  readonly to: number
}

/** Stands for the manifest of a stage where a task number is expected. */
export const MANIFEST = -1

export interface JobState {
  readonly job: { readonly id: string; readonly name: string; readonly engine: string }
  readonly policy: RetryPolicy
  readonly status: JobStatus
  /** In the order of the plan. */
  readonly stages: PersistentVector<StageState>
  readonly positions: ReadonlyMap<StageId, number>
  /** Stages that have not finished. */
  readonly unfinished: number
  /** By stage, then task. May name tasks that have committed meanwhile: they are passed over. */
  readonly ready: PersistentHeap<ReadyTasks>
  /** Tasks in `ready`. */
  readonly readyCount: number
  /** Attempts launched that have not answered. */
  readonly unanswered: number
  /** The first of each kind. */
  readonly failures: readonly Failure[]
}

export interface JobOptions {
  readonly job: { readonly id: string; readonly name: string; readonly engine: string }
  readonly policy: RetryPolicy
}

/** A job without stages; `createJob` gives it those of a plan. */
export function emptyJob(options: JobOptions): JobState {
  return {
    job: options.job,
    policy: options.policy,
    status: { state: 'created' },
    stages: PersistentVector.empty(),
    positions: new Map(),
    unfinished: 0,
    ready: null,
    readyCount: 0,
    unanswered: 0,
    failures: [],
  }
}

/** Slots that the job could use now, beyond those that its running attempts hold. */
export function slotsWanted(state: JobState): number {
  return state.readyCount
}

/** Attempts of a task that were launched and have not answered. */
export function unansweredAttempts(task: TaskState): readonly number[] {
  switch (task.state) {
    case 'pending':
    case 'waiting':
      return []
    case 'running':
      return task.attempts
    case 'committed':
    case 'failed':
      return task.stray
  }
}
