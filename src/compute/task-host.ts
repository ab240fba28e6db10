/** createTaskHost: what a worker keeps from one task to the next: stores that are open, code that is loaded. */
import { systemClock } from '../ports/system-clock.ts'
import { systemRandom } from '../ports/system-random.ts'
import type { Stores } from '../store/object-store.ts'
import { createStores } from '../store/open-stores.ts'
import type { S3Settings } from '../store/s3-settings.ts'
import type { TaskPorts } from '../task/task-ports.ts'
import { createFunctionLoader, type FunctionLoader } from './load-functions.ts'
import { peakMemoryBytes } from './peak-memory.ts'

export interface TaskHost {
  readonly loader: Pick<FunctionLoader, 'modules' | 'sizeBytes'>
  /** For tasks of jobs whose data is in that store: a root URI. */
  ports(jobStore: string): Omit<TaskPorts, 'signal'>
}

export interface TaskHostOptions {
  /** Where shipped modules are put in order to be imported. */
  readonly directory: string
  /** How `s3://` is reached. Default: as the AWS SDK finds it in the environment. */
  readonly s3?: S3Settings | undefined
}

export function createTaskHost({ directory, s3 }: TaskHostOptions): TaskHost {
  const loader = createFunctionLoader({ directory })
  const storesOfJobs = new Map<string, Stores>()
  /** Stores of which the job's own is opened strictly. */
  const storesOf = (jobStore: string): Stores => {
    let stores = storesOfJobs.get(jobStore)
    if (stores === undefined)
      storesOfJobs.set(jobStore, (stores = createStores({ ownRoots: [jobStore], s3 })))
    return stores
  }
  return {
    loader,
    ports: jobStore => ({
      stores: storesOf(jobStore),
      clock: systemClock,
      random: systemRandom,
      loadFunctions: loader.load,
      peakMemoryBytes,
    }),
  }
}
