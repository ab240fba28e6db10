/** Removes what jobs left in the store. */

import { DunlinError } from '../../operators/index.ts'
import type { PhysicalPlan } from '../../planner/index.ts'
import { hasEnded, readEnd } from '../job/ends.ts'
import { checkJobId, timeOfJobId } from '../job/job-id.ts'
import { jobKeys, readPlan } from '../job/job-records.ts'
import { acquireLease, hasLetGo, lastEpoch, newHolder, readLease } from '../job/lease.ts'
import { jobFolders } from '../job/list-jobs.ts'
import { forgetReusable } from '../job/reuse.ts'
import { awaitLapse, letGo } from '../job/take-over.ts'
import type { Clock, DriverPlace, Randomness } from '../ports/ports.ts'
import { systemClock } from '../ports/system-clock.ts'
import { systemPlace } from '../ports/system-place.ts'
import { systemRandom } from '../ports/system-random.ts'
import { dataOf } from '../ship/data-blob.ts'
import { deleteAll } from '../store/delete-all.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'
import { discardDeadLetters } from './publish-dead-letters.ts'
import { discardAppended, discardOutputs } from './publish-outputs.ts'

export interface CleanOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Only jobs that ended at least so long ago. */
  readonly olderThanMs?: number
  /** Only these jobs. */
  readonly ids?: readonly string[]
  /**
   * Jobs that have not ended: `keep` (the default), or `remove` where `ids` names them. Their driver may be
   * alive, and would then fail.
   */
  readonly running?: 'keep' | 'remove'
  /**
   * Shipped code that no job is left to refer to, and the local engine's copies of it: `keep` (the default: it is small, and a job that is being
   * submitted at this moment may count on it) or `remove`.
   */
  readonly code?: 'keep' | 'remove'
  /** Opens the directories of outputs: what attempts have left below them goes with their job. Default: it stays. */
  readonly stores?: Stores
  /** Where this is. Default: this process. */
  readonly place?: DriverPlace
  /** By which it is waited whether somebody goes on with a job that has ended. Default: the system's. */
  readonly clock?: Clock
  /** Default: the system's. */
  readonly random?: Randomness
}

/** What a driver has put into the store before its plan counts as forgotten after a day: planning takes minutes at most. */
const FORGOTTEN_MS = 24 * 3600 * 1000

export interface Cleaned {
  /** Ids of the jobs removed. */
  readonly jobs: readonly string[]
  /** Ids of jobs that were kept since they have not ended and were asked for, or since somebody goes on with them. */
  readonly kept: readonly string[]
  /** How many jobs, of those asked for or of all, were kept since they have not ended. */
  readonly unended: number
  readonly objects: number
  readonly bytes: number
}

/**
 * Removes ended jobs: those named, those old enough, or all. Nothing outside `jobs/<id>/` is touched, but for what
 * attempts of the job have left unpublished below its outputs, and shipped code where asked; outputs stay. A job's plan goes
 * first, so that nobody goes on with one of which a part is gone, and its end last: a cleaning that was cut short is done
 * again by the next one.
 */
export async function cleanJobs(store: ObjectStore, options: CleanOptions): Promise<Cleaned> {
  const wanted = options.ids === undefined ? undefined : new Set(options.ids.map(checkJobId))
  const folders = await jobFolders(store)
  const taken: string[] = []
  const removed: string[] = []
  const kept: string[] = []
  let unended = 0
  const sum = { objects: 0, bytes: 0 }
  for (const [id, has] of folders) {
    if (wanted?.has(id) === false) continue
    const isOpen = !has.end && (wanted === undefined || options.running !== 'remove')
    if (isOpen && (has.plan || !(await isForgotten(store, id, options)))) {
      unended++
      if (wanted !== undefined) kept.push(id)
      continue
    }
    if (!(await isOldEnough(store, id, options))) continue
    if (has.plan && !(await isTaken(store, id, has.end, options))) {
      kept.push(id)
      continue
    }
    taken.push(id)
  }
  // Before what it names is gone: a cleaning that is cut short must not leave it behind.
  if (taken.length > 0) await forgetReusable(store, new Set(taken))
  for (const id of taken) {
    if (options.stores !== undefined) await discardStaged(store, id, options.stores)
    await removeJob(store, id, sum)
    removed.push(id)
  }
  if (options.code === 'remove') await removeCode(store, sum)
  return { jobs: removed, kept, unended, ...sum }
}

/**
 * Takes the lease, as one who goes on with a job does: nobody reopens it from here on, and a driver that is alive learns
 * that it has lost it. False where another was quicker, or has reopened it since the jobs were listed.
 */
async function isTaken(
  store: ObjectStore,
  id: string,
  ended: boolean,
  { place = systemPlace, clock = systemClock, random = systemRandom }: CleanOptions,
): Promise<boolean> {
  const last = await lastEpoch(store, id)
  const epoch = last + 1
  const holder = newHolder({ random, place })
  try {
    // Who is about to reopen it would lose it.
    if (ended && last > 0) await awaitLapse(store, id, last, { clock, place })
    if (ended && !(await hasEnded(store, id))) return false
    await acquireLease(store, id, epoch, holder)
  } catch (error) {
    if (error instanceof DunlinError && error.code === 'LEASE') return false
    throw error
  }
  if (!ended || (await hasEnded(store, id))) return true
  await letGo(store, id, epoch, holder)
  return false
}

async function isOldEnough(
  store: ObjectStore,
  id: string,
  { now, olderThanMs }: CleanOptions,
): Promise<boolean> {
  if (olderThanMs === undefined) return true
  const end = await readEnd(store, id)
  const time = end?.report.finishedAt ?? timeOfJobId(id) ?? (await readPlan(store, id)).startedAt
  return now - time >= olderThanMs
}

/** Without a plan nobody can list or resume it: its driver was killed before, or something came late after a cleaning. */
async function isForgotten(
  store: ObjectStore,
  id: string,
  { now, place = systemPlace }: CleanOptions,
): Promise<boolean> {
  const begun = timeOfJobId(id)
  if (begun !== undefined && now - begun >= FORGOTTEN_MS) return true
  const lease = await readLease(store, id, await lastEpoch(store, id))
  return lease !== undefined && hasLetGo(lease, place)
}

/** Parts that nobody has published: attempts that came late, or a driver that was killed while it cleared them away. */
async function discardStaged(store: ObjectStore, job: string, stores: Stores): Promise<void> {
  let plan: PhysicalPlan
  try {
    ;({ plan } = await readPlan(store, job))
  } catch {
    // A plan that cannot be read must be removable too.
    return
  }
  const outputs = { job, plan, stores, storeUri: store.uri }
  await discardDeadLetters(outputs)
  await discardOutputs(outputs)
  await discardAppended(outputs)
}

async function removeJob(
  store: ObjectStore,
  id: string,
  sum: { objects: number; bytes: number },
): Promise<void> {
  const ends = jobKeys.ends(id)
  await removeAll(store, jobKeys.plan(id), () => true, sum)
  await removeAll(store, jobKeys.folder(id), key => !key.startsWith(ends), sum)
  await removeAll(store, ends, () => true, sum)
}

/** Shipped code, and where workers of the local engine put it in order to import it. */
const CODE_PREFIXES = ['code/', 'modules/']

const baseName = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

async function removeCode(store: ObjectStore, sum: { objects: number; bytes: number }): Promise<void> {
  const used = new Set<string>()
  for (const [id, has] of await jobFolders(store)) {
    if (!has.plan) continue
    const { codeHash } = (await readPlan(store, id)).plan
    const key = jobKeys.code(codeHash)
    if (codeHash === '' || used.has(baseName(key))) continue
    used.add(baseName(key)).add(baseName(jobKeys.codeMap(codeHash)))
    // Code that is gone has no data that anybody could use.
    const source = await store.get(key).catch(() => new Uint8Array())
    for (const hash of dataOf(source)) used.add(baseName(jobKeys.codeData(hash)))
  }
  for (const prefix of CODE_PREFIXES) await removeAll(store, prefix, key => !used.has(baseName(key)), sum)
}

async function removeAll(
  store: ObjectStore,
  prefix: string,
  goes: (key: string) => boolean,
  sum: { objects: number; bytes: number },
): Promise<void> {
  const { objects, bytes } = await deleteAll(store, prefix, { goes })
  sum.objects += objects
  sum.bytes += bytes
}
