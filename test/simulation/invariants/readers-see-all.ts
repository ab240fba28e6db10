/** readersSeeAll: at no moment does a `_SUCCESS` list a part that is not there as it says. */
import { SUCCESS_KEY } from '../../../src/sink/output-keys.ts'
import { type Directory, directories, listedParts, type SimulationRun } from '../simulation-run.ts'

export function* readersSeeAll(run: SimulationRun): Generator<string> {
  for (const directory of directories(run)) yield* isWholeAlways(directory)
}

function* isWholeAlways({ space, before }: Directory): Generator<string> {
  const there = new Map([...before].map(([key, { bytes }]) => [key, bytes]))
  let listed = listedParts(before)
  for (const { kind, key, to, bytes, by, atMs } of space.changes) {
    if (kind === 'delete' || kind === 'move') there.delete(key)
    if (kind !== 'delete') there.set(to ?? key, bytes!)
    const changed = to ?? key
    if (changed === SUCCESS_KEY) {
      const success = there.get(SUCCESS_KEY)
      listed = success === undefined ? null : listedParts(new Map([[SUCCESS_KEY, { bytes: success }]]))
    } else if (!listed?.some(({ name }) => name === changed)) continue
    const torn = listed?.find(part => there.get(part.name)?.length !== part.bytes)
    if (torn === undefined) continue
    yield `a reader of ${space.uri} that came at ${atMs}, after ${by} changed ${changed}, saw ${SUCCESS_KEY} without ${torn.name}`
    return
  }
}
