/** Shipped code in the store: uploaded once by content, and its source map for whoever tells of its errors. */
import type { Failure } from '../../operators/index.ts'
import { jobKeys } from '../job/job-records.ts'
import type { ShippedModule } from '../ship/ship.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** Puts there what is not there yet. The module comes after its data: who finds it finds all of it. */
export async function uploadCode(store: ObjectStore, shipped: ShippedModule): Promise<void> {
  const { hash, source, sourceMap, blobs } = shipped
  await Promise.all(
    [...blobs].map(async ([blob, bytes]) => {
      const key = jobKeys.codeData(blob)
      // Asked before: it is large.
      if ((await store.head(key)) === undefined) await store.put(key, bytes, { ifAbsent: true })
    }),
  )
  await store.put(jobKeys.code(hash), source, { ifAbsent: true })
  await store.put(jobKeys.codeMap(hash), Buffer.from(sourceMap), { ifAbsent: true })
}

/**
 * The failure in the lines that the user wrote, by the source map of the driver that shipped the code: for another
 * driver that goes on with its job. Its paths are those of that driver's machine. Without the map, it stays as it is.
 */
export async function mapByStore(store: ObjectStore, hash: string, failure: Failure): Promise<Failure> {
  if (hash === '') return failure
  try {
    const sourceMap = Buffer.from(await store.get(jobKeys.codeMap(hash))).toString()
    const { mapFailure } = await import('../ship/map-failure.ts')
    return mapFailure(failure, { hash, sourceMap })
  } catch {
    return failure // a failure must be told, mapped or not
  }
}
