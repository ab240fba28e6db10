/** theLivingDrive: a driver that nothing has silenced keeps its job. */
import type { FaultKind } from '../fault-kinds.ts'
import { isCleaning, type SimulationRun } from '../simulation-run.ts'

/** What keeps a driver from showing that it is alive. */
const SILENCES: ReadonlySet<FaultKind> = new Set<FaultKind>(['driverPaused', 'driverKilled', 'slowRequest'])

export function* theLivingDrive({ world, drivers }: SimulationRun): Generator<string> {
  const isSilenced = world.faults.injected.some(
    ({ kind, process }) => process.startsWith('driver') && SILENCES.has(kind),
  )
  if (isSilenced || world.faults.hasStruckDriver) return
  const isBeingCleaned = isCleaning(world)
  for (const { process, verb, events, outcome } of drivers) {
    // Who cleans has seen the end in the moment in which the retry took it back.
    if (verb === 'retry' && isBeingCleaned) continue
    const hasDriven = events.some(({ type }) => type === 'taskStarted')
    if (!hasDriven || outcome?.state !== 'failed') continue
    const { code, message } = outcome.error as { readonly code?: string; readonly message?: string }
    if (code === 'LEASE') yield `${process.name} lost its job while it was alive: ${message}`
  }
}
