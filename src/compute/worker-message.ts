/** What crosses between the pool and its workers: JSON texts, the same for threads and for processes. */
import type { S3Settings } from '../store/s3-settings.ts'
import type { TaskEvent, TaskResult } from '../task/task-event.ts'

export type ToWorker =
  | { readonly id: number; readonly event: TaskEvent }
  /** Stop the task of this id, if it is still running. */
  | { readonly cancel: number }
  /** Close what is held, and end. */
  | { readonly close: true }

export type FromWorker =
  /** The entry has been loaded. */
  | { readonly ready: true }
  /** `last`: this worker should be given no other task. `holds`: it has something to close before it ends. */
  | { readonly id: number; readonly result: TaskResult; readonly last?: true; readonly holds?: true }
  /** Something failed outside of any task, so that this worker's state is unknown. */
  | { readonly broken: string }

/** What a worker is told when it is started, as the JSON of its first argument. */
export interface WorkerSettings {
  /** Where shipped modules are put to be imported. */
  readonly tempDirectory: string
  readonly driverPid: number
  readonly s3?: S3Settings
}

/** The settings that this thread or process was started with. */
export function readWorkerSettings(): WorkerSettings {
  return JSON.parse(process.argv[2] ?? '{}') as WorkerSettings
}
