/** Shipped code in the store: uploaded once by content, and its source map for whoever tells of its errors. */
import type { Failure } from '../../operators/index.ts'
import { jobKeys } from '../job/job-records.ts'
import type { ShippedModule } from '../ship/ship.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** Puts there what is not there yet. The module comes last: who finds it finds all of it. */
export async function uploadCode(store: ObjectStore, shipped: ShippedModule): Promise<void> {
  const { hash, source, sourceMap, blobs } = shipped
  await Promise.all([
    store.put(jobKeys.codeMap(hash), Buffer.from(sourceMap), { ifAbsent: true }),
    ...[...blobs].map(async ([blob, bytes]) => {
      const key = jobKeys.codeData(blob)
      // Asked before: it is large.
      if ((await store.head(key)) === undefined) await store.put(key, bytes, { ifAbsent: true })
    }),
  ])
  await store.put(jobKeys.code(hash), source, { ifAbsent: true })
}

/**
 * Gives failures in the lines that the user wrote, by the source map of the driver that shipped the code: for another
 * driver that goes on with its job. Paths are those of that driver's machine. The map is read at the first failure;
 * without it, failures stay as they are.
 */
export function mappingByStore(store: ObjectStore, hash: string): (failure: Failure) => Promise<Failure> {
  let sourceMap: Promise<Uint8Array> | undefined
  return async failure => {
    if (hash === '') return failure
    try {
      sourceMap ??= store.get(jobKeys.codeMap(hash))
      const text = Buffer.from(await sourceMap).toString()
      const { mapFailure } = await import('../ship/map-failure.ts')
      return mapFailure(failure, { hash, sourceMap: text })
    } catch {
      sourceMap = undefined
      return failure // a failure must be told, mapped or not
    }
  }
}
