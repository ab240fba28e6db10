/** leaksAfterCleaning: when a job has ended and its orphans have stopped, nothing of it is left but what it gave. */
import { cleanJobs } from '../../../src/engine/clean-jobs.ts'
import { isEndKey } from '../../../src/job/ends.ts'
import type { ReuseRecord } from '../../../src/job/reuse.ts'
import { manifestKey } from '../../../src/shuffle/keys.ts'
import { commitOf } from '../decoded-commits.ts'
import type { FaultKind } from '../fault-kinds.ts'
import type { Change } from '../object-space.ts'
import { directories, isCleaned, type SimulationRun } from '../simulation-run.ts'
import { isLate, senderOf } from '../store-request.ts'
import { EARLIER_JOB, JOB } from '../workload.ts'
import { ENGINE_URI, World } from '../world.ts'

const FORGOTTEN_MS = 2 * 24 * 3_600_000

export async function leaksAfterCleaning(run: SimulationRun): Promise<string[]> {
  const { world, end } = run
  const leaks = [...leftInOutputs(run), ...leftInEngine(run)]
  if (end === null) return leaks
  // Long after: of what came late, when the job's plan had been removed, nobody knows whose it is.
  const laterMs = isCleaned(world) ? FORGOTTEN_MS : 0
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
  // Somebody may have begun to remove the earlier one, and been killed.
  const isEarlierCleaned = world.faults.injected.some(({ kind }) => kind === 'earlierCleaned')
  const cleaned = isEarlierCleaned ? [JOB, EARLIER_JOB] : [JOB]
  let done = false
  const cleaning = cleanJobs(stores.open(ENGINE_URI), {
    now: world.time.nowMs + laterMs,
    ids: cleaned,
    stores,
    clock: process.clock,
  }).then(() => {
    done = true
  })
  await calm.time.run(() => done, 3_600_000)
  await cleaning
  const engine = world.space(ENGINE_URI)
  for (const key of engine.keys) {
    for (const job of cleaned) {
      if (key.startsWith(`jobs/${job}/`)) leaks.push(`${key} is left after the job was cleaned`)
      const isReuse = key.startsWith('reuse/') && Buffer.from(engine.get(key)!.bytes).includes(job)
      if (isReuse) leaks.push(`${key} is left after the job that it names was cleaned`)
    }
  }
  leaks.push(...ofTheEarlier(run))
  const hindered = hinderedDeliveries(run)
  for (const { space } of directories(run)) {
    for (const key of space.keys) {
      if (!key.startsWith('_dunlin/')) continue
      // Nobody knows any more where parts are that came after a cleaning: late, or of an attempt that was killed.
      const last = space.changes.findLast(change => change.key === key)
      if (last !== undefined && isCleaned(world) && (isLate(last.by) || hindered.has(last.by))) continue
      leaks.push(`${space.uri}${key} is left after the job was cleaned`)
    }
  }
  return leaks
}

/** What an earlier job has kept is another's, and stays. */
function* ofTheEarlier({ world }: SimulationRun): Generator<string> {
  for (const { kind, key, by } of world.space(ENGINE_URI).changes) {
    if (key.startsWith(`jobs/${EARLIER_JOB}/`) && by !== 'the disk' && !by.startsWith('cleaner'))
      yield `${by}: ${kind} of the earlier job's ${key}`
  }
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

/** Deliveries that were killed or struck, and so may not have removed what they wrote. */
function hinderedDeliveries({ world, fleet }: SimulationRun): ReadonlySet<string> {
  const struck = new Set(
    world.faults.injected.flatMap(({ kind, stage, task, attempt }) =>
      stage === undefined || HINDERS_NOBODY.has(kind) ? [] : [`${stage}/${task}/${attempt}`],
    ),
  )
  const hindered = new Set<string>()
  for (const { name, event, isKilled } of fleet.deliveries) {
    const task = event.kind === 'task' ? event.task : null
    if (isKilled || struck.has(`${event.stage}/${task}/${event.attempt}`)) hindered.add(name)
  }
  return hindered
}

/** Nothing is left even before cleaning, where nobody was hindered from removing it. */
function* leftInOutputs(run: SimulationRun): Generator<string> {
  const { world, fleet, end } = run
  if (end === null || world.faults.hasStruckDriver) return
  const hindered = hinderedDeliveries(run)
  const forTheCleaner = leftByTheKilled(run)
  for (const { space } of directories(run)) {
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
  const endedAt = changes.findLastIndex(({ key, kind }) => kind === 'create' && isEndKey(key))
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
      .flatMap(change => {
        const { part, skipped } = commitOf(change).success
        return [...(part === undefined ? [] : [part]), ...(skipped?.parts ?? [])].map(({ key }) => key)
      }),
  )
}

/** What was there when the job succeeded is gone when its driver has cleared away. */
function* leftInEngine(run: SimulationRun): Generator<string> {
  const { world, drivers, end, workload } = run
  if (workload.workload.reuse) {
    yield* goneFromEngine(run)
    return
  }
  const isCleared = drivers.some(({ outcome, verb }) => {
    return verb !== 'cancel' && outcome?.state === 'succeeded' && outcome.discardError === undefined
  })
  if (!isCleared || end?.report.state !== 'succeeded') return
  const { changes, keys } = world.space(ENGINE_URI)
  const endedMs = changes.findLast(({ key, kind }) => kind === 'create' && isEndKey(key))!.atMs
  for (const key of keys) {
    if (!/\/(data|values|runs)\//.test(key)) continue
    const last = changes.findLast(change => change.key === key)
    if (last === undefined || last.atMs < endedMs) yield `${key} is left after the job's data was discarded`
  }
}

/** What a later job may use again stays, as its record says. */
function* goneFromEngine({ world }: SimulationRun): Generator<string> {
  const engine = world.space(ENGINE_URI)
  const lost = new Set(engine.changes.filter(({ by }) => by === 'the disk').map(({ key }) => key))
  for (const key of engine.keys) {
    if (!key.startsWith('reuse/') || lost.has(key)) continue
    const { from, exchange } = JSON.parse(Buffer.from(engine.get(key)!.bytes).toString()) as ReuseRecord
    const manifest = manifestKey(from.job, from.stage, exchange.generation)
    if (engine.get(manifest) === undefined && !lost.has(manifest))
      yield `${key} names ${manifest}, which is gone`
  }
}
