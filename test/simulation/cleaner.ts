/** startCleaner: somebody who runs `jobs clean` for a job, whatever goes on with it at the moment. */
import { cleanJobs } from '../../src/engine/clean-jobs.ts'
import { killAtStep } from './accidents.ts'
import { JOB } from './workload.ts'
import { ENGINE_URI, type World } from './world.ts'

const KILLED_SHARE = 0.4
const MOST_STEPS = 40

export interface Cleaning {
  readonly id: string
  readonly onFailure: (error: unknown) => void
  /** It has removed the job, or has not, or was killed. */
  readonly onEnd?: () => void
}

export function startCleaner(world: World, { id, onFailure, onEnd }: Cleaning): void {
  const process = world.start('cleaner')
  const random = world.random.of(process.name)
  const stores = world.stores({
    process,
    random,
    isDriver: true,
    by: process.name,
    struck: () => ({ process: process.name }),
  })
  world.log.add(process.name, `cleans ${id}`)
  world.log.reach('driver for clean')
  const accidents = world.random.of(`accidents of ${process.name}`)
  if (accidents.chance(KILLED_SHARE)) {
    const step = Math.round(accidents.logarithmic(1, MOST_STEPS))
    killAtStep(world, process, { kind: 'cleanerKilled', step, random: accidents })
  }
  if (onEnd !== undefined) process.onKill(onEnd)
  void cleanJobs(stores.open(ENGINE_URI), {
    now: process.clock.now(),
    ids: [id],
    stores,
    place: world.placeOf(process),
    clock: process.clock,
    random,
  })
    .then(({ jobs, kept }) => {
      world.log.add(process.name, `cleaned ${jobs.join()}, kept ${kept.join()}`)
      if (jobs.length > 0) world.log.reach(id === JOB ? 'job cleaned' : 'earlier job cleaned')
    })
    .catch((error: unknown) => {
      world.log.add(process.name, `failed ${String(error)}`)
      onFailure(error)
    })
    // As a command ends: whoever finds its lease knows that it is gone.
    .finally(() => process.kill())
}
