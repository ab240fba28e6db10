/** partsAreThere: a commit that names a part is not written before the part. */
import { commitOf } from '../decoded-commits.ts'
import type { SimulationRun } from '../simulation-run.ts'
import { outputSpaces } from '../simulation-run.ts'
import { ENGINE_URI } from '../world.ts'

export function* partsAreThere(run: SimulationRun): Generator<string> {
  const writtenMs = new Map<string, number>()
  for (const { space } of outputSpaces(run)) {
    for (const { kind, key, atMs } of space.changes) if (kind === 'create') writtenMs.set(key, atMs)
  }
  for (const change of run.world.space(ENGINE_URI).changes) {
    const { kind, key, by, atMs } = change
    if (kind !== 'create' || !by.startsWith('worker') || !key.includes('/commits/')) continue
    const part = commitOf(change).success.part?.key
    // Of a result the part is its shuffle object.
    if (part === undefined || !part.startsWith('_dunlin/')) continue
    if ((writtenMs.get(part) ?? Number.POSITIVE_INFINITY) > atMs)
      yield `${by} committed ${part} before it was there`
  }
}
