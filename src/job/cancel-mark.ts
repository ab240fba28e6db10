/** The cancel mark: what asks the driver of a job, wherever it is, to cancel it. */
import { getIfPresent } from '../store/get-if-present.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { encodeRecord, jobKeys } from './job-records.ts'

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
  const bytes = await getIfPresent(store, jobKeys.cancel(job))
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as CancelMark
  } catch {
    return { version: 1, reason: 'it was asked for' }
  }
}
