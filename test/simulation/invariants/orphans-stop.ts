/** orphansStop: workers whose job has ended come to their end soon, by themselves. */
import { isEndKey } from '../../../src/job/ends.ts'
import type { FaultKind } from '../fault-kinds.ts'
import type { SimulationRun } from '../simulation-run.ts'
import { ENGINE_URI } from '../world.ts'

/** A worker looks at the lease after eight seconds, and stops at its next batch. */
const STOPPED_BY_MS = 30_000

const SLOWS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'slowRequest',
  'straggler',
  'workerPaused',
  'coldStart',
  'lateDelivery',
])

export function* orphansStop({ world, fleet, end }: SimulationRun): Generator<string> {
  if (end === null) return
  const ends = world.space(ENGINE_URI).changes.filter(({ key, kind }) => isEndKey(key) && kind === 'create')
  const endedMs = ends.at(-1)!.atMs
  const slow = new Set(
    world.faults.injected
      .filter(({ kind }) => SLOWS.has(kind))
      .map(({ stage, task, attempt }) => `${stage}/${task}/${attempt}`),
  )
  for (const { name, event, startedMs, endedMs: stoppedMs } of fleet.deliveries) {
    const task = event.kind === 'task' ? event.task : null
    if (slow.has(`${event.stage}/${task}/${event.attempt}`)) continue
    const ranMs = (stoppedMs ?? Number.POSITIVE_INFINITY) - Math.max(startedMs, endedMs)
    if (ranMs > STOPPED_BY_MS) yield `${name} still ran ${ranMs} ms after the job had ended`
  }
}
