/** The job's event stream: what progress bars, reports, journals and `onEvent` are made from. */
import type { CountedFailure, Failure, LogLevel, Schema } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import type { AttemptCost } from '../job/policies/cost.ts'
import type { RequestCounts } from '../store/counted-store.ts'
import type { TaskStats, TaskSuccess } from '../task/task-event.ts'

interface At {
  /** Milliseconds since 1970. */
  readonly time: number
}

interface Paid {
  /** Of the attempt; absent where nothing is paid, and where it is told of once more. */
  readonly cost?: AttemptCost
}

/** How a job ends. */
export type Outcome =
  | { readonly state: 'succeeded' }
  /** `failure` is the one that ended the job. */
  | { readonly state: 'failed'; readonly failure: Failure }
  | { readonly state: 'cancelled'; readonly reason: string }

/** A finished exchange, as far as those that read it must know it. */
export interface FinishedExchange {
  readonly generation: number
  /** Producers. */
  readonly tasks: number
  readonly rows: number
  readonly schema: Schema | null
}

/** What a commit holds beside what its event says. */
export type CommitDetails = Pick<TaskSuccess, 'nonce' | 'exchangeRowsIn' | 'schema' | 'part' | 'skipped'>

/** What an event says of a stage of the plan; `bytes` are those of its splits. */
export interface StageOutline {
  readonly id: StageId
  readonly title: string
  readonly tasks: number
  readonly bytes: number
}

/** One thing that happened. `onEvent` receives each; the journal keeps them. */
export type JobEvent =
  | (At & {
      readonly type: 'jobStarted'
      readonly job: string
      readonly name: string
      readonly engine: string
      readonly stages: readonly StageOutline[]
      /** Of where and when the prices are that costs are told by. */
      readonly priced?: string
    })
  /** The job grew. */
  | (At & { readonly type: 'stagesAdded'; readonly stages: readonly StageOutline[] })
  | (At & { readonly type: 'stageStarted'; readonly stage: StageId; readonly tasks: number })
  | (At & {
      readonly type: 'taskStarted'
      readonly stage: StageId
      readonly task: number
      readonly attempt: number
      /** A second attempt of a slow task, beside the one that runs. */
      readonly isExtra?: true
      /** Set where the task has run out of memory before. */
      readonly memoryMb?: number
    })
  | (At &
      Paid & {
        readonly type: 'taskCommitted'
        readonly stage: StageId
        readonly task: number
        readonly attempt: number
        readonly generation: number
        readonly rowsOut: number
        readonly stats: TaskStats
        readonly counters: Readonly<Record<string, number>>
        /** The rest of what was committed: what another driver needs in order to go on from here. */
        readonly commit: CommitDetails
      })
  /** What the task had committed is made again, as the next generation; null: all tasks of the stage. */
  | (At & {
      readonly type: 'taskRemade'
      readonly stage: StageId
      readonly task: number | null
      readonly generation: number
      /** Other tasks that are made again with it, for the same reason: the new generation of each. */
      readonly others?: Readonly<Record<number, number>>
      /** What was lost; absent where the rows that it was made from have changed, or where it was asked for. */
      readonly failure?: Failure
    })
  /** The index of the stage's exchange is made again. */
  | (At & {
      readonly type: 'manifestRemade'
      readonly stage: StageId
      readonly generation: number
      readonly failure: Failure
    })
  | (At &
      Paid & {
        readonly type: 'taskFailed'
        readonly stage: StageId
        readonly task: number
        readonly attempt: number
        readonly failure: Failure
        /** Whether another attempt follows, and after how long. */
        readonly retryInMs: number | null
      })
  /** An attempt that was no longer needed has ended: it was cancelled, or another one had won. Null: the manifest. */
  | (At &
      Paid & {
        readonly type: 'attemptCancelled'
        readonly stage: StageId
        readonly task: number | null
        readonly attempt: number
      })
  /** Every task of the stage has committed; the index of its exchange is being written. */
  | (At & { readonly type: 'manifestStarted'; readonly stage: StageId; readonly attempt: number })
  | (At &
      Paid & {
        readonly type: 'manifestWritten'
        readonly stage: StageId
        readonly attempt: number
        readonly generation: number
        readonly stats: TaskStats
      })
  | (At &
      Paid & {
        readonly type: 'manifestFailed'
        readonly stage: StageId
        readonly attempt: number
        readonly failure: Failure
        readonly retryInMs: number | null
      })
  | (At & {
      readonly type: 'log'
      readonly stage: StageId
      readonly task: number
      readonly level: LogLevel
      readonly message: string
    })
  | (At & {
      readonly type: 'stageFinished'
      readonly stage: StageId
      readonly rowsOut: number
      /** Tasks of a partial wave that were never launched, because enough rows were there. */
      readonly skipped?: number
      /** What the stages that read it are given; absent where its output is a part of the job's. */
      readonly exchange?: FinishedExchange
    })
  /** The output of an earlier job is used: the stage does not run. */
  | (At & {
      readonly type: 'stageReused'
      readonly stage: StageId
      readonly exchange: FinishedExchange
      /** Whose output it is. */
      readonly from: { readonly job: string; readonly stage: StageId }
    })
  /** Only stages that do not run either would read it. */
  | (At & { readonly type: 'stageSkipped'; readonly stage: StageId })
  /** Another driver goes on with the job. */
  | (At & { readonly type: 'jobTakenOver'; readonly epoch: number; readonly driver: string })
  /** A job that had failed or was cancelled is to go on. */
  | (At & { readonly type: 'jobReopened' })
  /** How the job ends is settled: whoever drives it from here on ends it so. Outputs are not visible yet. */
  | (At & ({ readonly type: 'jobEnding' } & Outcome))
  | (At & {
      readonly type: 'jobFinished'
      readonly job: string
      readonly state: 'succeeded' | 'failed' | 'cancelled'
      readonly failure?: Failure
    })

/** What attempts have cost: all of them, failed ones and those that another one was quicker than among them. */
export interface Cost {
  readonly dollars: number
  /** Memory of the functions times the time that is billed, in GB-seconds. */
  readonly gbSeconds: number
  /** Of these, what is only known as the time that the driver waited: the function did not tell. */
  readonly guessedGbSeconds: number
  readonly invocations: number
  /** As the attempts told them. */
  readonly requests: RequestCounts
}

/** How one stage of a job went. Durations in milliseconds, sizes in bytes. */
export interface StageReport {
  readonly id: StageId
  readonly title: string
  /** As planned; `skipped` of them were not needed. */
  readonly tasks: number
  readonly skipped?: number
  readonly attempts: number
  readonly retries: number
  /** Attempts that were launched beside one that took too long. */
  readonly extra: number
  readonly rowsIn: number
  readonly rowsOut: number
  /** Bad records that were left out: `onError`. */
  readonly skippedRecords: number
  readonly bytesIn: number
  /** Of these, what came through exchanges. */
  readonly exchangeBytesIn: number
  readonly bytesOut: number
  /** Written as runs by operators whose budget was reached. */
  readonly spilledBytes: number
  /** The highest resident memory of a worker's process that had a task of the stage; 0 where it is not known. */
  readonly peakMemoryBytes: number
  readonly gets: number
  readonly puts: number
  readonly lists: number
  readonly deletes: number
  /** Absent where nothing is paid. */
  readonly cost?: Cost
  /** From the first start to the last commit. */
  readonly wallMs: number
  /** Sum over the committed attempts. */
  readonly taskMs: number
}

/** What a job has published in one directory. */
export interface WrittenOutput {
  readonly uri: string
  readonly parts: number
  readonly rows: number
  readonly bytes: number
}

/** What `run` resolves with, and what the record of a job's end keeps. Durations in milliseconds, sizes in bytes. */
export interface JobReport {
  readonly job: string
  readonly name: string
  readonly state: 'succeeded' | 'failed' | 'cancelled'
  readonly engine: string
  readonly fingerprint: string
  readonly startedAt: number
  readonly finishedAt: number
  readonly wallMs: number
  /** As planned; `skipped` of them were not needed. */
  readonly tasks: number
  readonly skipped?: number
  readonly attempts: number
  readonly retries: number
  /** Attempts that were launched beside one that took too long. */
  readonly extra: number
  /** From sources and through exchanges. */
  readonly bytesRead: number
  /** Of these, what came through exchanges. */
  readonly bytesExchanged: number
  readonly bytesWritten: number
  /** Written as runs by operators whose memory budget was reached, and read again. */
  readonly bytesSpilled: number
  /** The highest resident memory of a worker's process: with threads, of the whole process. */
  readonly peakMemoryBytes: number
  /** Of the attempts that count. The driver's own are not among them. */
  readonly requests: RequestCounts
  /** Absent where nothing is paid; the driver's own requests are not among it. `priced`: of where and when the prices are. */
  readonly cost?: Cost & { readonly priced: string }
  readonly stages: readonly StageReport[]
  readonly outputs: readonly WrittenOutput[]
  /** Bad records that were left out, of all stages: `onError`. */
  readonly skippedRecords: number
  /** Where they are; absent where there is none. */
  readonly deadLetters?: WrittenOutput
  readonly counters: Readonly<Record<string, number>>
  /** Invalid UTF-8 sequences that became U+FFFD. */
  readonly invalidText: number
  /** The first failure of each kind, of attempts, retried or not, and of records that were skipped; and how many there were. */
  readonly failures: readonly CountedFailure[]
}
