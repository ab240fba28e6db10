/** What is said between a test and a driver process that it may kill. */
import type { JobEvent } from '../../src/events/job-event.ts'
import type { JobName } from './kill-jobs.ts'

/** The driver's first argument, as JSON. */
export interface DriverSettings {
  /** Holds `inputs/`, `store/` and the outputs. */
  readonly directory: string
  readonly lapseMs: number
}

export type ToDriver =
  | { readonly verb: 'run'; readonly name: JobName; readonly output: string; readonly timeoutMs?: number }
  | { readonly verb: 'resume'; readonly job: string }
  /** Lets its workers go and ends. */
  | { readonly verb: 'leave' }

export interface DriverEnd {
  readonly state: 'succeeded' | 'failed'
  /** Of the error that it failed with. */
  readonly code?: string
  readonly message?: string
}

export type FromDriver =
  | { readonly ready: true }
  /** One for each event of the job, in order. */
  | { readonly event: JobEvent['type'] }
  | { readonly end: DriverEnd }
