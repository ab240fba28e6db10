/** What the state machine tells the scheduler to do. */
import type { CountedFailure, Schema } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import type { JobEvent, Outcome } from '../events/job-event.ts'
import type { ExchangeSource, Generations, TaskSuccess } from '../task/task-event.ts'
import type { TimerId } from './driver-event.ts'

type WithoutTime<E> = E extends unknown ? Omit<E, 'time'> : never

/** A job event before the scheduler puts its time on it. */
export type UntimedEvent = WithoutTime<JobEvent>

export type Command =
  | {
      readonly type: 'launchTask'
      readonly stage: StageId
      readonly task: number
      readonly attempt: number
      readonly generation: number
      readonly memoryMb: number
      /** One an input of the stage: where its exchange is; null where it is none. */
      readonly exchanges: readonly (ExchangeSource | null)[]
    }
  | {
      readonly type: 'launchManifest'
      readonly stage: StageId
      readonly attempt: number
      readonly generation: number
      readonly memoryMb: number
      readonly generations: Generations
      /** The first `tasks` tasks of the stage are the producers: all of them but in a partial wave. */
      readonly tasks: number
      readonly partitions: number
      readonly rows: number
      readonly schema: Schema | null
    }
  | { readonly type: 'startTimer'; readonly id: TimerId; readonly delayMs: number }
  /** Stop an attempt that was launched and has not answered; `task` is null for the manifest. It still answers. */
  | {
      readonly type: 'cancelAttempt'
      readonly stage: StageId
      readonly task: number | null
      readonly attempt: number
    }
  /** Granted slots that there was nothing to launch for. */
  | { readonly type: 'returnSlots'; readonly count: number }
  /** A task of a `write` or `result` stage committed: its result is part of what the job gives. */
  | {
      readonly type: 'keepResult'
      readonly stage: StageId
      readonly task: number
      readonly result: TaskSuccess
    }
  | { readonly type: 'emit'; readonly event: UntimedEvent }
  /** Given once; what `failures` holds is the first failure of each kind, retried or not, in order. */
  | { readonly type: 'finishJob'; readonly outcome: Outcome; readonly failures: readonly CountedFailure[] }
