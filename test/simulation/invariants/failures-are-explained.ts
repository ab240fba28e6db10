/** failuresAreExplained: no attempt fails but by a fault that struck it, retried or not. */
import { jobKeys } from '../../../src/job/job-records.ts'
import type { SimulationRun } from '../simulation-run.ts'
import type { Driver } from '../start-driver.ts'
import { JOB } from '../workload.ts'
import { ENGINE_URI } from '../world.ts'
import { lettersWereCleared } from './letters-were-cleared.ts'

export function* failuresAreExplained(run: SimulationRun): Generator<string> {
  const { world, drivers } = run
  for (const driver of drivers) {
    const overtakenMs = overtakenAt(run, driver)
    for (const [i, event] of driver.events.entries()) {
      if (event.type !== 'taskFailed' && event.type !== 'manifestFailed') continue
      const { stage, attempt, failure } = event
      const task = event.type === 'taskFailed' ? event.task : null
      if (world.faults.causes(failure.code, { stage, task, attempt }).length > 0) continue
      if (lettersWereCleared(run, failure)) continue
      // What it asks for may be gone with the job. It can decide nothing any more.
      if (driver.toldMs[i]! >= overtakenMs) continue
      yield `attempt ${attempt} of ${stage}/${task ?? 'manifest'} failed for no reason: ${failure.code} ${failure.message}\n${failure.stack}`
    }
  }
}

/** When another driver took the lease after this one. */
function overtakenAt({ world }: SimulationRun, { process }: Driver): number {
  const leases = world
    .space(ENGINE_URI)
    .changes.filter(({ kind, key }) => kind === 'create' && key.startsWith(jobKeys.leases(JOB)))
  const own = leases.findIndex(({ by }) => by === process.name)
  // It beats on where somebody has removed the job with all leases: that makes its own anew.
  const next = leases.find(({ by }, index) => index > own && by !== process.name)
  return next?.atMs ?? Number.POSITIVE_INFINITY
}
