/** One strike: what is struck, in which job, what was found; and what must hold when the job has ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { CANCEL_GRACE_MS } from '../../src/compute/task-failure.ts'
import { type JobPhase, jobPhase } from './job-phase.ts'
import type { JobName } from './kill-jobs.ts'
import type { KillSite, OutputFiles } from './kill-site.ts'
import type { Random } from './strike.ts'

export interface KillCase {
  readonly site: KillSite
  readonly name: JobName
  readonly random: Random
  /** Where the job writes. */
  readonly output: string
  readonly findings: string[]
  /** Where the job was at each strike. */
  readonly phases: JobPhase[]
}

export async function notePhase({ site, output, phases }: KillCase): Promise<JobPhase> {
  const phase = await jobPhase(site, output)
  phases.push(phase)
  return phase
}

/** The output is whole and nothing else is there; cleaning leaves nothing in the store; no worker is left. */
export async function checkEnded(at: KillCase): Promise<void> {
  const { site, name, output, findings } = at
  const made = await site.outputFiles(output)
  findings.push(...differences(site.undisturbed(name).files, made))
  await checkClean(at)
  const still = await site.outputFiles(output)
  if (!isDeepStrictEqual(still, made)) findings.push('cleaning has changed the output')
  await site.removeOutput(output)
}

export async function checkClean({ site, findings }: KillCase): Promise<void> {
  const orphans = await site.orphans()
  // An attempt that nobody waits for any more has a moment to stop by itself, and may write until then.
  await sleep(2 * CANCEL_GRACE_MS)
  if (orphans.length > 0) findings.push(`processes are left: ${orphans.join(' | ')}`)
  const left = await site.clean(await site.jobId())
  if (left.length > 0) findings.push(`cleaning leaves ${left.join(', ')}`)
}

function differences(expected: OutputFiles, made: OutputFiles): string[] {
  const found: string[] = []
  for (const name of new Set([...Object.keys(expected), ...Object.keys(made)])) {
    if (made[name] === undefined) found.push(`${name} is missing`)
    else if (expected[name] === undefined) found.push(`${name} is too much`)
    else if (made[name] !== expected[name]) found.push(`${name} differs`)
  }
  return found
}
