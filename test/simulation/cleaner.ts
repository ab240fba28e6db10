/** startCleaner: somebody who runs `jobs clean` for the job, whatever goes on with it at the moment. */
import { cleanJobs } from '../../src/engine/clean-jobs.ts'
import { JOB } from './workload.ts'
import { ENGINE_URI, type World } from './world.ts'

/** @returns when it has removed the job, or has not; a failure is told to `onFailure` */
export async function startCleaner(world: World, onFailure: (error: unknown) => void): Promise<void> {
  const process = world.start('cleaner')
  const stores = world.stores({
    process,
    random: world.random.of(process.name),
    isDriver: true,
    by: process.name,
    struck: () => ({ process: process.name }),
  })
  world.log.add(process.name, 'cleans')
  world.log.reach('driver for clean')
  const place = world.placeOf(process)
  try {
    const { jobs, kept } = await cleanJobs(stores.open(ENGINE_URI), {
      now: process.clock.now(),
      ids: [JOB],
      stores,
      place,
      clock: process.clock,
    })
    world.log.add(process.name, `cleaned ${jobs.join()}, kept ${kept.join()}`)
    if (jobs.length > 0) world.log.reach('job cleaned')
  } catch (error) {
    world.log.add(process.name, `failed ${String(error)}`)
    onFailure(error)
  } finally {
    // As a command ends: whoever finds its lease knows that it is gone.
    process.kill()
  }
}
