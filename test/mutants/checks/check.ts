/** A check of what no simulated job does: small, directed, and made in the process of a mutant. */
import { DunlinError, type ErrorCode } from '../../../operators/index.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'

/** What is wrong, or null. */
export type Check = () => Promise<string | null>

/** Null where it is refused as it should be. */
export async function refused(action: Promise<unknown>, code: ErrorCode): Promise<string | null> {
  try {
    await action
  } catch (error) {
    if (error instanceof DunlinError && error.code === code) return null
    return `it is refused by ${String(error)}, not by ${code}`
  }
  return `it is not refused, as it should be by ${code}`
}

/** The store, at whose n-th request something else happens first. */
export function meanwhile(store: ObjectStore, n: number, act: () => Promise<unknown>): ObjectStore {
  let requests = 0
  const next = async (): Promise<void> => void (++requests === n && (await act()))
  return replaced(store, {
    put: (...given) => next().then(() => store.put(...given)),
    get: (...given) => next().then(() => store.get(...given)),
    async *list(...given) {
      await next()
      yield* store.list(...given)
    },
  })
}
