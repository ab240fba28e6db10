/** leaksAfterCleaning: when a job has ended and its orphans have stopped, nothing of it is left but what it gave. */
import { cleanJobs } from '../../../src/job/clean-jobs.ts'
import { outputSpaces, type SimulationRun } from '../simulation-run.ts'
import { isLate } from '../store-request.ts'
import { JOB } from '../workload.ts'
import { ENGINE_URI, World } from '../world.ts'

export async function leaksAfterCleaning(run: SimulationRun): Promise<string[]> {
  const { world, end } = run
  const leaks = [...leftInOutputs(run)]
  if (end === null) return leaks
  // Somebody cleans up another day, when all is calm.
  const calm = new World({ seed: world.seed, objects: new Map(), rates: {} })
  for (const [uri, space] of world.spaces) calm.spaces.set(uri, space)
  const process = calm.start('cleaner')
  const stores = calm.stores({
    process,
    random: calm.random.of('cleaner'),
    isDriver: true,
    by: process.name,
    struck: () => ({ process: process.name }),
  })
  let done = false
  const cleaning = cleanJobs(stores.open(ENGINE_URI), { now: calm.time.nowMs, ids: [JOB] }).then(() => {
    done = true
  })
  await calm.time.run(() => done, 3_600_000)
  await cleaning
  for (const key of world.space(ENGINE_URI).keys) {
    if (key.startsWith(`jobs/${JOB}/`)) leaks.push(`${key} is left after the job was cleaned`)
  }
  return leaks
}

function* leftInOutputs(run: SimulationRun): Generator<string> {
  // A driver whose requests failed could not remove it.
  if (run.end === null || run.world.faults.hasStruckDriver) return
  for (const { space } of outputSpaces(run)) {
    for (const key of space.keys) {
      if (!key.startsWith('_dunlin/')) continue
      const { by } = space.changes.findLast(change => change.key === key)!
      // Its sender had removed it, as far as could be.
      if (isLate(by)) continue
      yield `${space.uri}${key} of ${by} is left`
    }
  }
}
