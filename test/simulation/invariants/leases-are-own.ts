/** leasesAreOwn: a lease is one driver's; one that has lost its job was overtaken; the journal's epochs rise. */
import { isEndKey } from '../../../src/job/ends.ts'
import { jobKeys } from '../../../src/job/job-records.ts'
import type { SimulationRun } from '../simulation-run.ts'
import { senderOf } from '../store-request.ts'
import { JOB } from '../workload.ts'
import { ENGINE_URI } from '../world.ts'

export function* leasesAreOwn({ world, drivers }: SimulationRun): Generator<string> {
  const { changes } = world.space(ENGINE_URI)
  /** Who holds them, in the order of their epochs. */
  const holders = new Map<string, string>()
  for (const { kind, key, by: sender, ifAbsent } of changes) {
    const by = senderOf(sender)
    if (!key.startsWith(jobKeys.leases(JOB))) continue
    // What comes when the job has been removed is nobody's. Who comes too late to take it over takes its own lease away.
    if (kind === 'delete' && by.startsWith('cleaner')) break
    if (kind === 'delete') {
      if (holders.get(key) !== by) yield `${by} removed ${key} of ${holders.get(key)}`
      holders.delete(key)
      continue
    }
    const holder = holders.get(key) ?? by
    if (holder !== by || (kind === 'create' && !ifAbsent)) yield `${by} took ${key} of ${holder}`
    holders.set(key, holder)
  }
  const last = [...holders.values()].at(-1)
  const end = changes.findLast(({ key }) => isEndKey(key))
  const endedBy = end && senderOf(end.by)
  for (const { process, outcome } of drivers) {
    if (process.name !== last || outcome?.state !== 'failed') continue
    const { code, message } = outcome.error as { readonly code?: string; readonly message?: string }
    if (code !== 'LEASE' || (endedBy !== undefined && endedBy !== process.name)) continue
    yield `${process.name} says that it was overtaken, and nobody has: ${message}`
  }
}
