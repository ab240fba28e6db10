/** What can happen to a job, as its state machine hears it. */
import type { Failure } from '../../operators/index.ts'
import type { Stage, StageId } from '../../planner/index.ts'
import type { InputBytes } from '../scheduler/split-bytes.ts'
import type { TaskResult } from '../task/task-event.ts'

/** What a timer was started for; the machine gets it back when the timer fires. */
export type TimerId =
  | { readonly kind: 'retryTask'; readonly stage: StageId; readonly task: number }
  | { readonly kind: 'retryManifest'; readonly stage: StageId }
  /** A look for tasks of the stage that take too long. */
  | { readonly kind: 'speculate'; readonly stage: StageId }
  /** Time has made room in the launch window. */
  | { readonly kind: 'room' }
  /** The end of the wait for cancelled attempts. */
  | { readonly kind: 'grace' }

/** `now` is when it was heard of; milliseconds since 1970. The clock may jump. */
export type DriverEvent = Happening & { readonly now: number }

/**
 * Everything from outside is in the event: an event and a state give one next state. `jitter` is a number in
 * [0, 1) that the wait before a retry is derived from, should there be one; `launchedAt` is when the attempt was
 * launched.
 */
export type Happening =
  | { readonly type: 'started' }
  /** `count` more attempts may be launched. Every one of them is used by a launch or returned at once. */
  | { readonly type: 'slotsGranted'; readonly count: number }
  /** An attempt answered. The same answer may come twice, and long after another attempt has committed. */
  | {
      readonly type: 'taskFinished'
      readonly stage: StageId
      readonly task: number
      readonly attempt: number
      readonly result: TaskResult
      readonly jitter: number
      readonly launchedAt: number
      /** What it was given; absent: what the task is given now. */
      readonly memoryMb?: number
    }
  | {
      readonly type: 'manifestFinished'
      readonly stage: StageId
      readonly attempt: number
      readonly result: TaskResult
      readonly jitter: number
      readonly launchedAt: number
      readonly memoryMb?: number
    }
  | { readonly type: 'timerFired'; readonly id: TimerId }
  | { readonly type: 'cancelRequested'; readonly reason: string }
  /** The driver itself cannot go on: its journal cannot be written, a listener threw. */
  | { readonly type: 'driverFailed'; readonly failure: Failure }
  /** The job grows by stages that read stages it has, or earlier ones of the same event. */
  | {
      readonly type: 'stagesAdded'
      readonly stages: readonly Stage[]
      readonly inputBytes?: ReadonlyMap<StageId, InputBytes>
    }
