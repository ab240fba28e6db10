/** outputIsRight: a job that succeeded gave what the array model gives; one that did not published nothing. */
import { SUCCESS_KEY } from '../../../src/sink/output-keys.ts'
import { EXPECTED } from '../expectations.ts'
import { listedParts, outputSpaces, type SimulationRun } from '../simulation-run.ts'
import type { Found } from '../workload.ts'

export function* outputIsRight(run: SimulationRun): Generator<string> {
  const { driver, found, reference, workload } = run
  if (driver.outcome?.state === 'succeeded') {
    const wrong = workload.workload.check(found!)
    if (wrong !== null) yield `wrong output: ${wrong}`
    else if (reference !== null && workload.workload.isDeterminate && !same(found!, reference)) {
      yield 'the output is right, but not byte for byte that of a run without faults'
    }
    yield* directoriesAreWhole(run)
  } else if (driver.outcome?.state === 'failed') {
    yield* nothingIsPublished(run)
  }
}

function same(found: readonly Found[], reference: readonly Found[]): boolean {
  return found.every((one, i) => {
    const other = reference[i]!
    if (one.kind === 'text') return other.kind === 'text' && one.text === other.text
    return other.kind === 'records' && JSON.stringify(one.records) === JSON.stringify(other.records)
  })
}

function* directoriesAreWhole(run: SimulationRun): Generator<string> {
  for (const { space } of outputSpaces(run)) {
    const parts = listedParts(space)
    if (parts === null) {
      yield `${space.uri} has no ${SUCCESS_KEY}`
      continue
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
  if (!EXPECTED.failedPublishingLeavesNothing && run.world.faults.hasStruckDriver) return
  for (const { space } of outputSpaces(run)) {
    const seen = space.keys.filter(key => !key.startsWith('_dunlin/'))
    if (seen.length > 0) yield `the job failed, but ${space.uri} holds ${seen.join(', ')}`
  }
}
