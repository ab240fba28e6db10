/** The worker entry: what each thread or process of the local backend runs. */
import { getHeapStatistics } from 'node:v8'
import { createFunctionLoader } from './compute/load-functions.ts'
import { peakMemoryBytes } from './compute/peak-memory.ts'
import { serveTasks } from './compute/serve-tasks.ts'
import { readWorkerSettings } from './compute/worker-message.ts'
import { systemClock } from './ports/system-clock.ts'
import { systemRandom } from './ports/system-random.ts'
import { closeWorkerValues, workerValues } from './ship/worker-values.ts'
import type { Stores } from './store/object-store.ts'
import { createStores } from './store/open-stores.ts'
import { runTask } from './task/run-task.ts'

/** Imported modules cannot be unloaded: after this many, a fresh worker is cheaper than their memory. */
const MODULES_AT_MOST = 20
/** The same for the code and data that they were made of, of more than one module: a fresh worker needs its own anyway. */
const CODE_BYTES_AT_MOST = 64 * 2 ** 20
const HEAP_SHARE_AT_MOST = 0.7

const settings = readWorkerSettings()
const loader = createFunctionLoader({ directory: settings.tempDirectory })
const storesOfJobs = new Map<string, Stores>()

/** Stores of which the job's own is opened strictly. */
function storesOf(jobStore: string): Stores {
  let stores = storesOfJobs.get(jobStore)
  if (stores === undefined) {
    stores = createStores({ ownRoots: [jobStore], s3: settings.s3 })
    storesOfJobs.set(jobStore, stores)
  }
  return stores
}

function isWorn(): boolean {
  if (loader.modules < 2) return false
  const heap = getHeapStatistics()
  return (
    loader.modules >= MODULES_AT_MOST ||
    loader.sizeBytes >= CODE_BYTES_AT_MOST ||
    heap.used_heap_size >= heap.heap_size_limit * HEAP_SHARE_AT_MOST
  )
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
  isWorn,
  holds: () => workerValues.size > 0,
  close: closeWorkerValues,
})
