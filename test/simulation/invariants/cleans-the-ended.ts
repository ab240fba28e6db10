/** cleansTheEnded: who cleans removes nothing of a job that has not ended, and nobody goes on with what is being removed. */
import { isEndKey } from '../../../src/job/ends.ts'
import { jobKeys } from '../../../src/job/job-records.ts'
import type { SimulationRun } from '../simulation-run.ts'
import { JOB } from '../workload.ts'
import { ENGINE_URI } from '../world.ts'

export function* cleansTheEnded({ world }: SimulationRun): Generator<string> {
  let hasEnded = false
  let last = ''
  let cleanedBy: string | null = null
  for (const { kind, key, by } of world.space(ENGINE_URI).changes) {
    if (!key.startsWith(jobKeys.folder(JOB))) continue
    if (by.startsWith('cleaner') && kind === 'delete') {
      if (!hasEnded) yield `${by} removed ${key} of a job that had not ended`
      cleanedBy ??= by
    } else if (key.startsWith(jobKeys.ends(JOB)) && kind === 'create') {
      if (key > last) last = key
      hasEnded = isEndKey(last)
      if (!hasEnded && cleanedBy !== null) yield `${by} went on with a job that ${cleanedBy} was removing`
    }
  }
}
