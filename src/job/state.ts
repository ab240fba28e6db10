/** What the driver knows of a running job: an immutable value, made and changed only by `advance`. */
import type { CountedFailure, Failure, Schema } from '../../operators/index.ts'
import type { DollarFacts, Stage, StageId } from '../../planner/index.ts'
import type { Outcome } from '../events/job-event.ts'
import type { InputBytes } from '../scheduler/split-bytes.ts'
import type { PersistentHeap } from './persistent-heap.ts'
import { PersistentVector } from './persistent-vector.ts'
import type { DurationSketch } from './policies/duration-sketch.ts'
import type { SkipTally } from './policies/error-policy.ts'
import { type LaunchWindow, openWindow, type Ramp, roomIn } from './policies/launch-window.ts'
import type { RetryPolicy } from './policies/retry.ts'
import { openBudget, type RetryBudget } from './policies/retry-budget.ts'

/** How often a task was launched, and how often it failed; throttled attempts are not its own fault. */
export interface Tries {
  readonly launched: number
  readonly failed: number
  readonly throttled: number
  readonly outOfMemory: number
  /** What it is given since it ran out of memory; absent: what its stage asks for. */
  readonly memoryMb?: number
  /** How often what it had committed was lost. */
  readonly lost?: number
}

interface OfAnyState {
  /** Grows by one whenever the task is made again; an answer of an older generation counts for nothing. */
  readonly generation: number
  readonly tries: Tries
  /** Attempts that were launched, are not needed any more and have not answered. */
  readonly stray: readonly number[]
}

/**
 * One task, or the manifest of a stage.
 *
 * ```
 *            launched              answered well
 *  pending ───────────▶ running ───────────────────▶ committed
 *     ▲                    │                             │
 *     │ timer        failed│  not again                  │ its output was lost, or made from rows
 *     ├───── waiting ◀─────┴────────────▶ failed         │ that are made again: the next generation
 *     │       (for its retry)                            │
 *     └──────────────────────────────────────────────────┘
 * ```
 *
 * Any state goes to `committed` when an attempt of its generation, however late, says that the task has committed.
 */
export type TaskState =
  | (OfAnyState & { readonly state: 'pending' })
  | (OfAnyState & {
      readonly state: 'running'
      readonly attempts: readonly number[]
      /** When the first of them was launched. */
      readonly since: number
      /** A second attempt beside the first has been called for, or runs. */
      readonly isDoubled: boolean
    })
  | (OfAnyState & { readonly state: 'waiting' })
  | (OfAnyState & {
      readonly state: 'committed'
      /** The one that won. */
      readonly attempt: number
      readonly rowsOut: number
      /** Rows read through exchanges. */
      readonly exchangeRowsIn: number
      readonly schema: Schema | null
      /** Where bad records are skipped; without kinds that the prefix has already. */
      readonly skipped?: SkipTally
    })
  | (OfAnyState & { readonly state: 'failed'; readonly failure: Failure })

/**
 * ```
 *  blocked ──inputs finished──▶ running ──all needed tasks committed──▶ closing ──manifest written──▶ finished
 *     ▲                            └──────────── output is not an exchange ─────────────────────────────▲ │
 *     └──── some of it is made again, or (while it runs) some of what it reads ───────────────────────────┘
 * ```
 */
export type StagePhase = 'blocked' | 'running' | 'closing' | 'finished'

/** The first `tasks` tasks of a stage, all committed, taken together in their order: what does not depend on luck. */
export interface Prefix {
  readonly tasks: number
  readonly rows: number
  readonly schema: Schema | null
  /** Where bad records are skipped. */
  readonly skipped?: SkipTally
}

export const EMPTY_PREFIX: Prefix = { tasks: 0, rows: 0, schema: null }

/** Where the output of a stage is, if another job has made it. */
export interface StageOrigin {
  readonly job: string
  readonly stage: StageId
}

export interface StageState {
  readonly stage: Stage
  readonly phase: StagePhase
  /** Positions of the stages that read this one. */
  readonly readers: readonly number[]
  readonly tasks: PersistentVector<TaskState>
  /** The index of the stage's exchange; `pending` until the stage closes. */
  readonly manifest: TaskState
  /** The first `released` tasks may run: all of them, but in a partial wave. */
  readonly released: number
  /** Tasks launched at least once. */
  readonly launched: number
  /** Tasks that have committed. */
  readonly committed: number
  /** From launch to commit, of the tasks that this driver has seen. */
  readonly durations: DurationSketch
  /** Second attempts of slow tasks that were called for. */
  readonly speculated: number
  /** A timer will look for slow tasks. */
  readonly lookIsDue: boolean
  readonly inputBytes: InputBytes
  /** Of the stage's exchange, as its manifest told; null before, and where an earlier driver was told. */
  readonly partitionBytes: readonly number[] | null
  /** All of it is made again, and nothing has been launched since. */
  readonly isUntouched?: boolean
  /** Rows that the committed tasks read through exchanges. */
  readonly exchangeRowsIn: number
  readonly prefix: Prefix
  /** Set where the stage does not run: the output of an earlier job is used, or (null) nobody reads its own. */
  readonly origin?: StageOrigin | null | undefined
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
  /** They run, and wait for a second attempt. */
  readonly isExtra?: true
}

/** Stands for the manifest of a stage where a task number is expected. */
export const MANIFEST = -1

export interface JobIdentity {
  readonly id: string
  readonly name: string
  readonly engine: string
  /** Counts the drivers that have had the job; this one's attempts may meet those of earlier ones. */
  readonly epoch: number
}

/** What the backend says of itself. */
export interface BackendFacts {
  readonly slots: number
  /** Ascending, one at least. */
  readonly memorySizesMb: readonly number[]
  /** A stage starts with the memory that it asks for, and not with the first size. */
  readonly memoryIsTotal: boolean
  readonly ramp: Ramp | null
  readonly speculates: boolean
  /** What it asks for. Absent: nothing is paid. */
  readonly prices?: DollarFacts
}

export interface JobState {
  readonly job: JobIdentity
  readonly policy: RetryPolicy
  readonly backend: BackendFacts
  /** Of the last event. */
  readonly now: number
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
  readonly window: LaunchWindow
  /** A timer will say that time has made room in the window. */
  readonly roomIsDue: boolean
  readonly budget: RetryBudget
  /** Dollars, of all attempts that have answered, those of earlier drivers among them. */
  readonly spent: number
  /** Dollars that the job may cost in all; absent: anything. */
  readonly maxCost?: number
  /** The worst case of the dearest attempt that was launched, in dollars. */
  readonly dearest: number
  /** Tasks wait since one more might cost too much, until an attempt has answered. */
  readonly isHeldByCost: boolean
  /** The first of each kind. */
  readonly failures: readonly CountedFailure[]
}

export interface JobOptions {
  readonly job: JobIdentity
  readonly policy: RetryPolicy
  readonly backend: BackendFacts
  readonly maxCost?: number
}

/** A job without stages; `createJob` gives it those of a plan. */
export function emptyJob({ job, policy, backend, maxCost }: JobOptions): JobState {
  return {
    job,
    policy,
    backend,
    now: 0,
    status: { state: 'created' },
    stages: PersistentVector.empty(),
    positions: new Map(),
    unfinished: 0,
    ready: null,
    readyCount: 0,
    unanswered: 0,
    window: openWindow({ ...backend, now: 0 }),
    roomIsDue: false,
    budget: openBudget(backend.slots),
    spent: 0,
    ...(maxCost === undefined ? {} : { maxCost }),
    dearest: 0,
    isHeldByCost: false,
    failures: [],
  }
}

/** Slots that the job could use now, beyond those that its running attempts hold. */
export function slotsWanted({ readyCount, window, now, isHeldByCost }: JobState): number {
  if (isHeldByCost) return 0
  return Math.min(readyCount, roomIn(window, now))
}

/** Attempts of a task that were launched and have not answered. */
export function unansweredAttempts(task: TaskState): readonly number[] {
  if (task.state !== 'running') return task.stray
  return task.stray.length === 0 ? task.attempts : [...task.attempts, ...task.stray]
}
