/** The cancel mark: what asks the driver of a job, wherever it is, to cancel it. */
import { DunlinError } from '../../operators/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { jobKeys } from './job-records.ts'
import { lastEpoch } from './lease.ts'
import { encodeRecord, readRecord } from './record.ts'

export interface CancelMark {
  readonly version: 1
  readonly reason: string
  /** The highest that the job had when it was asked for: drivers that have reopened it since are not meant. */
  readonly epoch: number
}

export async function markCancelled(store: ObjectStore, job: string, reason: string): Promise<void> {
  const mark: CancelMark = { version: 1, reason, epoch: await lastEpoch(store, job) }
  await store.put(jobKeys.cancel(job), encodeRecord(mark))
}

/** Undefined where nobody asks for it since the job was reopened by the driver of an epoch. One that cannot be read asks too. */
export async function readCancel(
  store: ObjectStore,
  job: string,
  since: number,
): Promise<CancelMark | undefined> {
  try {
    const mark = await readRecord<CancelMark>(store, jobKeys.cancel(job))
    return mark !== undefined && mark.epoch >= since ? mark : undefined
  } catch (error) {
    if (!(error instanceof DunlinError) || error.code !== 'CORRUPT') throw error
    return { version: 1, reason: 'it was asked for', epoch: since }
  }
}
