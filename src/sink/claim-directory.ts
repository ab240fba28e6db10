/** claimDirectory: of several jobs that would publish into one directory, at most one does. */
import { DunlinError } from '../../operators/index.ts'
import type { WriteMode } from '../../planner/index.ts'
import { getIfPresent } from '../store/get-if-present.ts'
import type { ObjectStore, RequestOptions } from '../store/object-store.ts'
import {
  publishingJob,
  publishingKey,
  publishingPrefix,
  STAGING_PREFIX,
  stagingPrefix,
} from './output-keys.ts'

export interface DirectoryToClaim extends RequestOptions {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  readonly job: string
  readonly epoch: number
  readonly mode: WriteMode
}

/**
 * Puts the job's marker, then looks for those of others: of two jobs the one that puts its marker later sees the
 * other's, so never do both go on. Both may withdraw. The marker then says that it was alone: a second call of the
 * same job after a crash does not give way to one that has come since, and which withdraws.
 *
 * From here on until the marker goes, a reader of the directory is told that it is unfinished.
 *
 * @throws STORE, with the marker gone and nothing else changed, where another job has its marker there.
 */
export async function claimDirectory({ store, job, epoch, mode, signal }: DirectoryToClaim): Promise<void> {
  const request = signal === undefined ? {} : { signal }
  const key = publishingKey(job, epoch)
  const isAlone = await wasAlone(store, job, request)
  if (!isAlone) await store.put(key, encodeMarker({ job, mode, alone: false }), request)
  const other = isAlone ? null : await otherPublisher(store, job, request)
  if (other !== null) {
    // Also where the job has been cancelled meanwhile: the marker would block everyone.
    await store.delete([key]).catch(() => {})
    throw new DunlinError('STORE', `another job is publishing into ${store.uri}: ${other}`, {
      hint: `Wait for that job, or clean it if it is dead: what it left here is in ${stagingPrefix(other)}`,
      retryable: true,
    })
  }
  await store.put(key, encodeMarker({ job, mode, alone: true }), request)
}

interface Marker {
  readonly job: string
  readonly mode: WriteMode
  /** No other job's marker was there when this one already was. */
  readonly alone: boolean
}

function encodeMarker(marker: Marker): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(marker)}\n`)
}

/** Whether a marker of the job, of this driver or an earlier one, says so. */
async function wasAlone(store: ObjectStore, job: string, request: RequestOptions): Promise<boolean> {
  for await (const { key } of store.list(publishingPrefix(job), request)) {
    const bytes = await getIfPresent(store, key, request)
    if (bytes !== undefined && saysAlone(bytes)) return true
  }
  return false
}

function saysAlone(bytes: Uint8Array): boolean {
  try {
    return (JSON.parse(new TextDecoder().decode(bytes)) as Partial<Marker> | null)?.alone === true
  } catch {
    return false
  }
}

async function otherPublisher(
  store: ObjectStore,
  job: string,
  request: RequestOptions,
): Promise<string | null> {
  for await (const { key } of store.list(STAGING_PREFIX, request)) {
    const publisher = publishingJob(key)
    if (publisher !== null && publisher !== job) return publisher
  }
  return null
}
