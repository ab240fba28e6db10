/** Where the dead letters of a job are: a directory like any output's. */
import type { SkipPolicy } from '../../planner/index.ts'
import { jobKeys } from '../job/job-records.ts'

/** Below the folder of a job: it stays when the job's data goes, and goes with its plan and report. */
export const deadLettersPrefix = (job: string): string => `${jobKeys.folder(job)}dead-letters/`

/** The root of the directory's store. `store` is the root of the engine's. */
export function deadLettersUri(
  { deadLetters }: SkipPolicy,
  { job, store }: { readonly job: string; readonly store: string },
): string {
  return deadLetters?.uri ?? `${store}${deadLettersPrefix(job)}`
}
