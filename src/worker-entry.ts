/** The worker entry: what each thread or process of the local backend runs. */
import { createFunctionLoader } from './compute/load-functions.ts'
import { peakMemoryBytes } from './compute/peak-memory.ts'
import { serveTasks } from './compute/serve-tasks.ts'
import { readWorkerSettings } from './compute/worker-message.ts'
import { systemClock } from './engine/system-clock.ts'
import { systemRandom } from './engine/system-random.ts'
import { closeWorkerValues, workerValues } from './ship/worker-values.ts'
import type { Stores } from './store/object-store.ts'
import { createStores } from './store/open-stores.ts'
import { runTask } from './task/run-task.ts'

/** Imported modules cannot be unloaded: after this many, a fresh worker is cheaper than their memory. */
const MODULES_AT_MOST = 20

const loader = createFunctionLoader({ directory: readWorkerSettings().tempDirectory })
const storesOfJobs = new Map<string, Stores>()

/** Stores of which the job's own is opened strictly. */
function storesOf(jobStore: string): Stores {
  let stores = storesOfJobs.get(jobStore)
  if (stores === undefined) storesOfJobs.set(jobStore, (stores = createStores({ ownRoots: [jobStore] })))
  return stores
}

serveTasks({
  run: (event, signal) =>
    runTask(event, {
      stores: storesOf(event.store),
      clock: systemClock,
      random: systemRandom,
      signal,
      loadFunctions: loader.load,
      peakMemoryBytes,
    }),
  isWorn: () => loader.modules >= MODULES_AT_MOST,
  holds: () => workerValues.size > 0,
  close: closeWorkerValues,
})
