/** What a job writes about itself when it begins, and the keys of all that it writes. Layout: `jobs/<job>/…`. */
import { DunlinError } from '../../operators/index.ts'
import type { PhysicalPlan } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { putOnce } from '../store/put-once.ts'
import { checkJobId } from './job-id.ts'
import { encodeRecord, readRecord } from './record.ts'

/** `plan.json`: what a worker runs and another driver would go on with. */
export interface JobPlan {
  readonly version: 1
  readonly job: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Of the dunlin that planned it. */
  readonly engineVersion: string
  readonly engine: string
  /** Of where and when its prices are; absent where nothing is paid. */
  readonly priced?: string
  readonly plan: PhysicalPlan
  /** The canonical text, whose hash is `plan.fingerprint`. */
  readonly text: string
  readonly options: JobPlanOptions
}

/** What was asked of this run beside the pipeline. */
export interface JobPlanOptions {
  readonly seed: number
  readonly retries?: number
  readonly concurrency?: number
  readonly maxCost?: number
  readonly reuse?: true
}

/** Keys of leases and of ends sort as text up to this many digits. */
const EPOCH_DIGITS = 6

/** Keys of a job; its tasks' objects lie beside them under `stage-<s>/`. */
export const jobKeys = {
  all: 'jobs/',
  folder: (job: string): string => `jobs/${checkJobId(job)}/`,
  plan: (job: string): string => `${jobKeys.folder(job)}plan.json`,
  ends: (job: string): string => `${jobKeys.folder(job)}ends/`,
  journal: (job: string): string => `${jobKeys.folder(job)}journal/`,
  splits: (job: string): string => `${jobKeys.folder(job)}splits.json.zst`,
  leases: (job: string): string => `${jobKeys.folder(job)}lease/`,
  lease: (job: string, epoch: number): string => `${jobKeys.leases(job)}${jobKeys.epoch(epoch)}.json`,
  epoch: (epoch: number): string => String(epoch).padStart(EPOCH_DIGITS, '0'),
  cancel: (job: string): string => `${jobKeys.folder(job)}cancel.json`,
  code: (hash: string): string => `code/${hash}.mjs`,
  /** Large captured values of shipped code, by their own hash. */
  codeData: (hash: string): string => `code/${hash}.bin`,
  /** The source map of shipped code: for whoever tells of its errors. */
  codeMap: (hash: string): string => `code/${hash}.map`,
}

/**
 * Writes `plan.json`: from then on the job is listed, and can be gone on with.
 *
 * @throws STORE where the store has a job of this id
 */
export async function writePlan(store: ObjectStore, plan: JobPlan): Promise<void> {
  if (await putOnce(store, jobKeys.plan(plan.job), encodeRecord(plan))) return
  throw new DunlinError('STORE', `${store.uri} has a job ${plan.job} already`, { place: { job: plan.job } })
}

/** @throws NOT_FOUND where there is no such job; CORRUPT where its record is no JSON of ours */
export async function readPlan(store: ObjectStore, job: string): Promise<JobPlan> {
  const plan = await readRecord<JobPlan>(store, jobKeys.plan(job))
  if (plan !== undefined) return plan
  throw noSuchJob(store, job)
}

export function noSuchJob(store: ObjectStore, job: string): DunlinError {
  return new DunlinError('NOT_FOUND', `${store.uri} has no job ${job}`, {
    hint: 'List the jobs of this store with `dunlin jobs list`.',
    place: { job },
  })
}
