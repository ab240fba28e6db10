/** The cancel mark: what asks the driver of a job, wherever it is, to cancel it. */
import { DunlinError } from '../../operators/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { jobKeys } from './job-records.ts'
import { encodeRecord, readRecord } from './record.ts'

export interface CancelMark {
  readonly version: 1
  readonly reason: string
}

export async function markCancelled(store: ObjectStore, job: string, reason: string): Promise<void> {
  const mark: CancelMark = { version: 1, reason }
  await store.put(jobKeys.cancel(job), encodeRecord(mark))
}

/** Undefined where nobody asks for it. One that cannot be read asks for it too. */
export async function readCancel(store: ObjectStore, job: string): Promise<CancelMark | undefined> {
  try {
    return await readRecord<CancelMark>(store, jobKeys.cancel(job))
  } catch (error) {
    if (!(error instanceof DunlinError) || error.code !== 'CORRUPT') throw error
    return { version: 1, reason: 'it was asked for' }
  }
}
