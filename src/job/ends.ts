/**
 * How a job has ended: `ends/<epoch>-ended.json`, by the driver of that epoch. Who reopens the job writes
 * `ends/<epoch>-again.json`. The last of these names counts, so that nothing that a driver does late, when another goes on,
 * ends the job or takes its end away.
 */
import type { Failure } from '../../operators/index.ts'
import type { JobReport } from '../events/job-event.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { putOnce } from '../store/put-once.ts'
import { jobKeys } from './job-records.ts'
import { encodeRecord, readRecord } from './record.ts'

export interface JobEnd {
  readonly version: 1
  readonly report: JobReport
  readonly failure?: Failure
}

/** Of the key of an end: that of a reopening sorts before it. */
const ENDED = '-ended.json'

export const isEndKey = (key: string): boolean => key.endsWith(ENDED)

export const endKey = (job: string, epoch: number): string =>
  `${jobKeys.ends(job)}${jobKeys.epoch(epoch)}${ENDED}`

/**
 * Records how a job has ended, once its outputs are published or cleared away. False where another driver has ended or
 * reopened it.
 */
export async function writeEnd(
  store: ObjectStore,
  job: string,
  epoch: number,
  end: JobEnd,
): Promise<boolean> {
  if (await hasEnded(store, job)) return false
  const key = endKey(job, epoch)
  return (await putOnce(store, key, encodeRecord(end))) && (await lastKey(store, job)) === key
}

/** From here on the job has not ended. */
export async function reopen(store: ObjectStore, job: string, epoch: number): Promise<void> {
  await store.put(`${jobKeys.ends(job)}${jobKeys.epoch(epoch)}-again.json`, encodeRecord({ version: 1 }))
}

export async function hasEnded(store: ObjectStore, job: string): Promise<boolean> {
  const key = await lastKey(store, job)
  return key !== undefined && isEndKey(key)
}

/**
 * Undefined for a job that has not ended.
 *
 * @throws CORRUPT where the record is damaged
 */
export async function readEnd(store: ObjectStore, job: string): Promise<JobEnd | undefined> {
  const key = await lastKey(store, job)
  return key === undefined || !isEndKey(key) ? undefined : readRecord<JobEnd>(store, key)
}

async function lastKey(store: ObjectStore, job: string): Promise<string | undefined> {
  let last: string | undefined
  for await (const { key } of store.list(jobKeys.ends(job))) last = key
  return last
}
