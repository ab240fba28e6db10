/** cancelsSoon: a job that somebody asks to cancel does not go on for long. */
import { isEndKey } from '../../../src/job/ends.ts'
import { jobKeys } from '../../../src/job/job-records.ts'
import type { FaultKind } from '../fault-kinds.ts'
import type { SimulationRun } from '../simulation-run.ts'
import { JOB } from '../workload.ts'
import { ENGINE_URI } from '../world.ts'

/** A driver looks with each beat, every four seconds. */
const SEEN_BY_MS = 15_000

const SLOWS: ReadonlySet<FaultKind> = new Set<FaultKind>(['driverPaused', 'driverKilled', 'slowRequest'])

export function* cancelsSoon({ world, end }: SimulationRun): Generator<string> {
  if (end?.report.state !== 'succeeded' || world.faults.hasStruckDriver) return
  if (world.faults.injected.some(({ kind }) => SLOWS.has(kind))) return
  const { changes } = world.space(ENGINE_URI)
  const asked = changes.find(({ key, kind }) => key === jobKeys.cancel(JOB) && kind === 'create')
  // That of a retry is another matter.
  const ended = changes.find(({ key, kind }) => isEndKey(key) && kind === 'create')
  const wentOnMs = (ended?.atMs ?? 0) - (asked?.atMs ?? Number.POSITIVE_INFINITY)
  if (wentOnMs > SEEN_BY_MS) yield `the job went on for ${wentOnMs} ms after it was asked to cancel`
}
