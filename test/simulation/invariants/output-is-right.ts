/** outputIsRight: a job that succeeded gave what the array model gives; one that did not published nothing. */
import { SUCCESS_KEY } from '../../../src/sink/output-keys.ts'
import { readDirectory } from '../read-outputs.ts'
import { listedParts, outputSpaces, type SimulationRun } from '../simulation-run.ts'
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
  for (const { space } of outputSpaces(run)) {
    const parts = listedParts(space)
    if (parts === null) {
      yield `${space.uri} has no ${SUCCESS_KEY}`
      continue
    }
    const known = new Set([SUCCESS_KEY, ...parts.map(({ name }) => name)])
    for (const key of space.keys) {
      if (!known.has(key) && !key.startsWith('_dunlin/')) yield `${space.uri}${key} is not listed`
    }
    for (const { name, bytes } of parts) {
      const size = space.get(name)?.bytes.length
      if (size !== bytes) yield `${space.uri}${name} has ${size ?? 'no'} bytes, listed are ${bytes}`
    }
    const last = space.changes.findLastIndex(({ key, to }) => [key, to].some(one => one?.startsWith('part-')))
    const success = space.changes.findIndex(({ key }) => key === SUCCESS_KEY)
    if (last > success) yield `${space.uri}: a part changed after ${SUCCESS_KEY} was written`
  }
}

function* nothingIsPublished(run: SimulationRun): Generator<string> {
  for (const { space } of outputSpaces(run)) {
    const seen = space.keys.filter(key => !key.startsWith('_dunlin/'))
    if (seen.length > 0) yield `the job did not succeed, but ${space.uri} holds ${seen.join(', ')}`
  }
}
