/** What crosses between driver and worker: small JSON in both directions. Data goes through the store. */
import type { CountedFailure, Failure, LogLevel, Schema } from '../../operators/index.ts'
import type { Split, StageId } from '../../planner/index.ts'
import type { RequestCounts } from '../store/counted-store.ts'

interface TaskEventBase {
  readonly version: 1
  /** The job's id. */
  readonly job: string
  /** Root URI of the store that holds `jobs/` and `code/`. */
  readonly store: string
  /** SHA-256 of the plan's canonical text; a worker that reads another plan refuses. */
  readonly fingerprint: string
  readonly stage: StageId
  /** Unique to this launch. The worker makes the nonce of its delivery from it, which is part of every key that is written. */
  readonly nonce: string
  readonly attempt: number
  /** Of the driver that asks: from 2 on, an earlier driver may have launched the same. */
  readonly epoch: number
  /** Grows when what was committed is made again; of a manifest too. */
  readonly generation: number
  /** Milliseconds since 1970, or null for none. (JSON has no Infinity.) */
  readonly deadline: number | null
}

/** One task of a stage. */
export interface StageTaskEvent extends TaskEventBase {
  readonly kind: 'task'
  readonly task: number
  /** Hash of the shipped module; the worker trusts this, not the bucket. Empty when the plan has no functions. */
  readonly codeHash: string
  /** Seeds `task.random`. */
  readonly seed: number
  /** This task's split for each input of the stage; null where the input is an exchange or not this task's. */
  readonly splits: readonly (Split | null)[]
  /** Where each input of the stage is that is an exchange; null for the others. */
  readonly exchanges: readonly (ExchangeSource | null)[]
}

/** One exchange as it is to be read: the manifest of that generation. */
export interface ExchangeSource {
  /** The job that wrote it: another one where its output is used again. */
  readonly job: string
  readonly stage: StageId
  readonly generation: number
}

/** Which generation of each producer counts, small where most have one: `base`, but for those in `others`. */
export interface Generations {
  readonly base: number
  readonly others: Readonly<Record<number, number>>
}

/** The barrier after a stage whose output is an exchange: turns the commits into the exchange manifest. */
export interface ManifestTaskEvent extends TaskEventBase {
  readonly kind: 'manifest'
  /** Producers, i.e. commits to read: `stage-<s>/commits/<0 … tasks-1>.<generation>`. */
  readonly tasks: number
  readonly generations: Generations
  readonly partitions: number
  /** What the driver was told: the manifest must hold exactly this many rows. */
  readonly rows: number
  /** Unified over all producers; null where no producer had a row. */
  readonly schema: Schema | null
}

export type TaskEvent = StageTaskEvent | ManifestTaskEvent

export interface TaskLog {
  readonly level: LogLevel
  readonly message: string
}

export interface TaskStats {
  readonly rowsIn: number
  readonly rowsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Written as runs by operators whose budget was reached, and read again. */
  readonly spilledBytes: number
  /** Of `bytesIn`, what came through exchanges. */
  readonly exchangeBytesIn?: number
  readonly gets: number
  readonly puts: number
  readonly lists?: number
  readonly deletes?: number
  /** Wall milliseconds on the worker. */
  readonly durationMs: number
  /** Resident memory of the worker's process at its highest so far; 0 where it is not known. */
  readonly peakMemoryBytes: number
  /** Invalid UTF-8 sequences that were replaced. */
  readonly invalidText: number
}

/** A file of an output, still under its attempt's key. */
export interface CommittedPart {
  readonly key: string
  readonly rows: number
  readonly bytes: number
  readonly crc32: number
}

/** What a task skipped, where bad records are skipped. */
export interface SkippedRecords {
  /** Records that the task read, bad ones among them. */
  readonly read: number
  /** Bad ones. */
  readonly records: number
  /** The first of each kind, at most ten, and how many there were. */
  readonly failures: readonly CountedFailure[]
  /** Files of dead letters, each with one at least, in an order that depends on the plan alone. */
  readonly parts: readonly CommittedPart[]
}

/** What one delivery of a task has used, whatever came of it. */
export interface TaskUse extends RequestCounts {
  /** Wall milliseconds on the worker. */
  readonly durationMs: number
}

/** The committed result of a task: of this attempt, or of the one that won. */
export interface TaskSuccess {
  readonly ok: true
  /** The attempt that committed. */
  readonly attempt: number
  readonly nonce: string
  readonly generation: number
  /** Made again, and not equal to what the generation before had committed: who has read that must read again. */
  readonly changed?: true
  /** Rows read through exchanges, for the conservation check; 0 where the inputs are splits. */
  readonly exchangeRowsIn: number
  /** Rows given to the exchange, the sink or the result. */
  readonly rowsOut: number
  /** Schema of what was given; null where there was no row and none is known. */
  readonly schema: Schema | null
  readonly part?: CommittedPart
  /** Of a manifest: bytes of each partition, for the tasks that read them. */
  readonly partitionBytes?: readonly number[]
  /** Absent where a bad record fails the task. */
  readonly skipped?: SkippedRecords
  readonly stats: TaskStats
  readonly counters: Readonly<Record<string, number>>
  readonly logs: readonly TaskLog[]
  /** Of the delivery that answers; not part of what was committed. */
  readonly use?: TaskUse
}

export interface TaskFailed {
  readonly ok: false
  readonly failure: Failure
  /** Absent where no worker could tell. */
  readonly use?: TaskUse
}

export type TaskResult = TaskSuccess | TaskFailed
