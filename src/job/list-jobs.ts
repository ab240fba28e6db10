/** The jobs of a store: what `jobs list` and `jobs show` read. */
import type { Failure } from '../../operators/index.ts'
import type { JobEvent, JobReport } from '../events/job-event.ts'
import type { DriverPlace } from '../ports/ports.ts'
import { systemPlace } from '../ports/system-place.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { isEndKey, readEnd } from './ends.ts'
import { isJobId } from './job-id.ts'
import { type JobPlan, jobKeys, readPlan } from './job-records.ts'
import { readJournal } from './journal.ts'
import { hasLetGo, lastEpoch, readLease } from './lease.ts'

/** Records read at once. */
const READS_IN_FLIGHT = 16

/** Where this is. */
export interface ReadOptions {
  /** Default: this process. */
  readonly place?: DriverPlace
}

export interface JobSummary {
  readonly id: string
  readonly name: string
  /**
   * `running` where there is no end; `interrupted` where its driver is known to be gone, too: it has let the job go, or was
   * a process of this machine. One that has died elsewhere is not known to be.
   */
  readonly state: 'running' | 'interrupted' | JobReport['state']
  readonly engine: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly finishedAt?: number
}

export interface JobRecord extends JobSummary {
  readonly plan: JobPlan
  /** Of a job that has ended. */
  readonly report?: JobReport
  /** Why it did not succeed. */
  readonly failure?: Failure
  /** Read when iterated. */
  readonly events: AsyncIterable<JobEvent>
}

/** The jobs whose plan has been written, newest first. Lists every key below `jobs/`; holds only the ids. */
export async function listJobs(store: ObjectStore, options: ReadOptions = {}): Promise<JobSummary[]> {
  const ids = [...(await jobFolders(store))].filter(([, has]) => has.plan).map(([id]) => id)
  const jobs: JobSummary[] = []
  for (let i = 0; i < ids.length; i += READS_IN_FLIGHT) {
    const some = ids.slice(i, i + READS_IN_FLIGHT)
    jobs.push(...(await Promise.all(some.map(async id => summaryOf(await readJob(store, id, options))))))
  }
  return jobs.sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
}

/** @throws NOT_FOUND where there is no such job */
export async function readJob(
  store: ObjectStore,
  id: string,
  { place = systemPlace }: ReadOptions = {},
): Promise<JobRecord> {
  let [plan, end] = await Promise.all([readPlan(store, id), readEnd(store, id)])
  const isLeft = end === undefined && (await isWithoutDriver(store, id, place))
  // It may have ended since, and let go then.
  if (isLeft) end = await readEnd(store, id)
  return {
    id,
    name: plan.name,
    state: end?.report.state ?? (isLeft ? 'interrupted' : 'running'),
    engine: plan.engine,
    startedAt: plan.startedAt,
    ...(end === undefined ? {} : { finishedAt: end.report.finishedAt, report: end.report }),
    ...(end?.failure === undefined ? {} : { failure: end.failure }),
    plan,
    events: readJournal(store, id),
  }
}

async function isWithoutDriver(store: ObjectStore, id: string, place: DriverPlace): Promise<boolean> {
  const lease = await readLease(store, id, await lastEpoch(store, id))
  return lease !== undefined && hasLetGo(lease, place)
}

function summaryOf({ plan, report, failure, events, ...summary }: JobRecord): JobSummary {
  return summary
}

/** The folders below `jobs/`, by id, and which records each has. */
export async function jobFolders(
  store: ObjectStore,
): Promise<Map<string, { readonly plan: boolean; readonly end: boolean }>> {
  const folders = new Map<string, { plan: boolean; end: boolean }>()
  for await (const { key } of store.list(jobKeys.all)) {
    const [, id, ...rest] = key.split('/')
    if (id === undefined || rest.length === 0 || !isJobId(id)) continue
    let has = folders.get(id)
    if (has === undefined) {
      has = { plan: false, end: false }
      folders.set(id, has)
    }
    if (rest.length === 1 && rest[0] === 'plan.json') has.plan = true
    // The last one counts: keys come in order.
    if (key.startsWith(jobKeys.ends(id))) has.end = isEndKey(key)
  }
  return folders
}
