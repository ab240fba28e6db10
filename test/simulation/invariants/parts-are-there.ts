/** partsAreThere: a commit that names a part is not written before the part. */
import { commitOf } from '../decoded-commits.ts'
import type { SimulationRun } from '../simulation-run.ts'
import { directories } from '../simulation-run.ts'
import { ENGINE_URI } from '../world.ts'

export function* partsAreThere(run: SimulationRun): Generator<string> {
  const writtenMs = new Map<string, number>()
  for (const { space } of directories(run)) {
    for (const { kind, key, atMs } of space.changes) if (kind === 'create') writtenMs.set(key, atMs)
  }
  for (const change of run.world.space(ENGINE_URI).changes) {
    const { kind, key, by, atMs } = change
    if (kind !== 'create' || !by.startsWith('worker') || !key.includes('/commits/')) continue
    const { part, skipped } = commitOf(change).success
    for (const { key: named } of [...(part === undefined ? [] : [part]), ...(skipped?.parts ?? [])]) {
      // Of a result the part is its shuffle object.
      if (!named.startsWith('_dunlin/')) continue
      if ((writtenMs.get(named) ?? Number.POSITIVE_INFINITY) > atMs)
        yield `${by} committed ${named} before it was there`
    }
  }
}
