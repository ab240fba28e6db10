/** Clearing away after a job: that something could not be removed does not change how the job ended. */
import type { FinishedJob } from './drive-job.ts'

/** Removes the data of a job that has succeeded, or warns that it is still there. Never rejects. */
export async function clearAway(job: FinishedJob): Promise<void> {
  await job.discard().catch((error: unknown) => {
    const id = job.report.job
    warnOfLeft(id, `data of job ${id}`, error)
  })
}

/** Warns of what a job has left behind. */
export function warnOfLeft(job: string, what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  const hint = `\`dunlin jobs clean ${job}\` removes it`
  process.emitWarning(`${what} is still there: ${reason}; ${hint}`, 'DunlinWarning')
}
