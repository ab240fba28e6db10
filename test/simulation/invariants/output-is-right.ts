/** outputIsRight: a job that succeeded gave what the array model gives; one that did not has changed nothing. */
import { SUCCESS_KEY } from '../../../src/sink/output-keys.ts'
import type { Objects } from '../object-space.ts'
import { readDirectory } from '../read-outputs.ts'
import {
  type Directory,
  listedParts,
  outputSpaces,
  readableDirectories,
  type SimulationRun,
} from '../simulation-run.ts'
import type { Found } from '../workload.ts'

export function* outputIsRight(run: SimulationRun): Generator<string> {
  const { end, found, reference, workload } = run
  if (end?.report.state !== 'succeeded') {
    yield* nothingIsPublished(run)
    return
  }
  yield* directoriesAreWhole(run)
  if (found === null) {
    yield* directoriesAreEqual(run)
    return
  }
  const wrong = workload.workload.check(found)
  if (wrong !== null) yield `wrong output: ${wrong}`
  else if (
    reference !== null &&
    workload.workload.isDeterminate &&
    !found.every((one, i) => same(one, reference[i]!))
  ) {
    yield 'the output is right, but not byte for byte that of a run without faults'
  }
}

function same(found: Found, reference: Found): boolean {
  if (found.kind === 'text') return reference.kind === 'text' && found.text === reference.text
  return reference.kind === 'records' && JSON.stringify(found.records) === JSON.stringify(reference.records)
}

/** Where the driver that ended the job was killed before anybody could read what it collected. */
function* directoriesAreEqual(run: SimulationRun): Generator<string> {
  if (run.reference === null || !run.workload.workload.isDeterminate) return
  for (const { index, space } of outputSpaces(run)) {
    if (!same(readDirectory(space), run.reference[index]!))
      yield `${space.uri} is not what a run without faults gave`
  }
}

function* directoriesAreWhole(run: SimulationRun): Generator<string> {
  for (const directory of readableDirectories(run)) yield* isWhole(directory)
}

function* isWhole({ space, mode, before }: Directory): Generator<string> {
  const parts = listedParts(space)
  if (parts === null) {
    yield `${space.uri} has no ${SUCCESS_KEY}`
    return
  }
  const known = new Set([SUCCESS_KEY, ...parts.map(({ name }) => name)])
  for (const key of space.keys) {
    if (!known.has(key) && !key.startsWith('_dunlin/')) yield `${space.uri}${key} is not listed`
  }
  for (const { name, bytes } of parts) {
    const size = space.get(name)?.bytes.length
    if (size !== bytes) yield `${space.uri}${name} has ${size ?? 'no'} bytes, listed are ${bytes}`
  }
  if (mode === 'append') yield* isAsBefore(space, before, [...before.keys()].filter(isPart))
  const last = space.changes.findLastIndex(({ key, to }) => [key, to].some(one => one && isPart(one)))
  const success = space.changes.findIndex(({ kind, key }) => key === SUCCESS_KEY && kind !== 'delete')
  if (last > success) yield `${space.uri}: a part changed after ${SUCCESS_KEY} was written`
}

const isPart = (key: string): boolean => key.startsWith('part-')

/** A job that did not succeed has left every directory as it was, but for those that were visible when the next could not be. */
function* nothingIsPublished(run: SimulationRun): Generator<string> {
  const { outputs = [], deadLetters } = run.end?.report ?? {}
  const visible = new Set(
    [...outputs, ...(deadLetters === undefined ? [] : [deadLetters])].map(({ uri }) => uri),
  )
  for (const directory of readableDirectories(run)) {
    const { space, mode, before } = directory
    if (visible.has(space.uri)) {
      yield* isWhole(directory)
      continue
    }
    const isGivenUp = mode === 'overwrite' && isBegun(space)
    const own = space.keys.filter(key => !key.startsWith('_dunlin/') && !before.has(key))
    // What was moved while an old output was replaced stays: there is nothing whole to go back to.
    if (own.length > 0 && !isGivenUp)
      yield `the job did not succeed, but ${space.uri} holds ${own.join(', ')}`
    if (isGivenUp) {
      if (space.get(SUCCESS_KEY) !== undefined) yield `${space.uri} was given up, and has a ${SUCCESS_KEY}`
    } else yield* isAsBefore(space, before, [...before.keys()])
  }
}

/** What is overwritten is not brought back: once the old `_SUCCESS` has gone the directory has none. */
const isBegun = ({ changes }: Objects): boolean =>
  changes.some(({ kind, key }) => kind === 'delete' && key === SUCCESS_KEY)

function* isAsBefore(
  space: Objects,
  before: Directory['before'],
  keys: readonly string[],
): Generator<string> {
  for (const key of keys) {
    if (space.get(key) !== before.get(key)) yield `${space.uri}${key} is not what it was before the job`
  }
}
