/** leaksAfterCleaning: when a job has ended and its orphans have stopped, nothing of it is left but what it gave. */
import { cleanJobs } from '../../../src/job/clean-jobs.ts'
import { jobKeys } from '../../../src/job/job-records.ts'
import { commitOf } from '../decoded-commits.ts'
import type { FaultKind } from '../fault-kinds.ts'
import type { Change } from '../object-space.ts'
import { outputSpaces, type SimulationRun } from '../simulation-run.ts'
import { isLate, senderOf } from '../store-request.ts'
import { JOB } from '../workload.ts'
import { ENGINE_URI, World } from '../world.ts'

export async function leaksAfterCleaning(run: SimulationRun): Promise<string[]> {
  const { world, end } = run
  const leaks = [...leftInOutputs(run), ...leftInEngine(run)]
  if (end === null) return leaks
  // Somebody cleans up another day, when all is calm.
  const calm = new World({ seed: world.seed, objects: new Map(), rates: {} })
  for (const [uri, space] of world.spaces) calm.spaces.set(uri, space)
  const process = calm.start('cleaner')
  const stores = calm.stores({
    process,
    random: calm.random.of('cleaner'),
    isDriver: true,
    by: process.name,
    struck: () => ({ process: process.name }),
  })
  let done = false
  const cleaning = cleanJobs(stores.open(ENGINE_URI), { now: calm.time.nowMs, ids: [JOB], stores }).then(
    () => {
      done = true
    },
  )
  await calm.time.run(() => done, 3_600_000)
  await cleaning
  for (const key of world.space(ENGINE_URI).keys) {
    if (key.startsWith(`jobs/${JOB}/`)) leaks.push(`${key} is left after the job was cleaned`)
  }
  for (const { space } of outputSpaces(run)) {
    for (const key of space.keys) {
      if (key.startsWith('_dunlin/')) leaks.push(`${space.uri}${key} is left after the job was cleaned`)
    }
  }
  return leaks
}

/** Whatever else strikes an attempt may keep it from removing what it wrote. */
const HINDERS_NOBODY: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'duplicate',
  'lateDelivery',
  'coldStart',
  'straggler',
  'uncancelled',
  'ambiguousPut',
])

/** Nothing is left even before cleaning, where nobody was hindered from removing it. */
function* leftInOutputs(run: SimulationRun): Generator<string> {
  const { world, fleet, end } = run
  if (end === null || world.faults.hasStruckDriver) return
  const struck = new Set(
    world.faults.injected.flatMap(({ kind, stage, task, attempt }) =>
      stage === undefined || HINDERS_NOBODY.has(kind) ? [] : [`${stage}/${task}/${attempt}`],
    ),
  )
  const hindered = new Set<string>()
  for (const { name, event } of fleet.deliveries) {
    const task = event.kind === 'task' ? event.task : null
    if (struck.has(`${event.stage}/${task}/${event.attempt}`)) hindered.add(name)
  }
  const forTheCleaner = leftByTheKilled(run)
  for (const { space } of outputSpaces(run)) {
    for (const key of space.keys) {
      if (!key.startsWith('_dunlin/') || forTheCleaner.has(key)) continue
      const { by } = space.changes.findLast(change => change.key === key)!
      // Local workers are ended when their attempt is cancelled, wherever they are.
      if (isLate(by) || hindered.has(by) || fleet.style === 'local') continue
      yield `${space.uri}${key} of ${by} is left`
    }
  }
}

/**
 * Parts that had been committed when the job ended without success, of whose driver nothing was heard after that: it was
 * killed between recording the end and clearing away, and `jobs clean` removes them.
 */
function leftByTheKilled({ world, drivers, end }: SimulationRun): ReadonlySet<string> {
  const { changes } = world.space(ENGINE_URI)
  const endedAt = changes.findLastIndex(({ key, kind }) => kind === 'create' && key === jobKeys.end(JOB))
  const endedBy = changes[endedAt] && senderOf(changes[endedAt].by)
  const ender = drivers.find(({ process }) => process.name === endedBy)
  if (end?.report.state === 'succeeded' || ender?.process.isKilled !== true || ender.outcome !== null)
    return new Set()
  const isCommit = ({ kind, key, by }: Change): boolean =>
    kind === 'create' && by.startsWith('worker') && key.includes('/commits/')
  return new Set(
    changes
      .slice(0, endedAt)
      .filter(isCommit)
      .flatMap(change => commitOf(change).success.part?.key ?? []),
  )
}

/** What was there when the job succeeded is gone when its driver has cleared away. */
function* leftInEngine({ world, drivers, end }: SimulationRun): Generator<string> {
  const isCleared = drivers.some(({ outcome, verb }) => {
    return verb !== 'cancel' && outcome?.state === 'succeeded' && outcome.discardError === undefined
  })
  if (!isCleared || end?.report.state !== 'succeeded') return
  const { changes, keys } = world.space(ENGINE_URI)
  const endedMs = changes.findLast(({ key, kind }) => kind === 'create' && key === jobKeys.end(JOB))!.atMs
  for (const key of keys) {
    if (!/\/(data|values|runs)\//.test(key)) continue
    const last = changes.findLast(change => change.key === key)
    if (last === undefined || last.atMs < endedMs) yield `${key} is left after the job's data was discarded`
  }
}
