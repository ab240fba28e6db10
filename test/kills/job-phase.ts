/** How far a job had come when it was struck, read off the files that it has left. */
import { isEndKey } from '../../src/job/ends.ts'
import type { KillSite } from './kill-site.ts'

/** Phases in their order, a stage each between the second and the third. */
export type JobPhase =
  | 'nothing recorded'
  | 'planned'
  | `stage ${number}`
  | 'publishing'
  | 'published'
  | 'ended'

export async function jobPhase(site: KillSite, output: string): Promise<JobPhase> {
  const job = await site.jobId()
  const files = job === undefined ? [] : await site.files(`store/jobs/${job}`)
  if (!files.includes('plan.json')) return 'nothing recorded'
  if (files.some(file => isEndKey(file))) return 'ended'
  const made = await site.files(output)
  if (made.includes('_SUCCESS')) return 'published'
  if (made.some(file => /publishing-\d+\.json$/.test(file))) return 'publishing'
  const stages = files.flatMap(file => /^stage-(\d+)\//.exec(file)?.slice(1).map(Number) ?? [])
  return stages.length === 0 ? 'planned' : `stage ${Math.max(...stages)}`
}
