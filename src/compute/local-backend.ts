/** The local backend: tasks run on worker threads or worker processes of this machine. */
import { DunlinError } from '../../operators/index.ts'
import { firstMemoryMb } from '../../planner/index.ts'
import { closeWorkerValues } from '../ship/worker-values.ts'
import type { S3Settings } from '../store/s3-settings.ts'
import type { ComputeBackend } from './compute-backend.ts'
import { LargeWorkers } from './large-workers.ts'
import { doublingSizesMb, largeWorkersMb, nodeHeapMb } from './memory-sizes.ts'
import { processStarter } from './start-process.ts'
import { threadStarter } from './start-thread.ts'
import type { StartWorker } from './worker-handle.ts'
import { WorkerPool } from './worker-pool.ts'

export interface LocalBackendOptions {
  /** Workers at most, and so `slots`. */
  readonly workers: number
  /**
   * `thread`: starts fastest; a crash in native code takes the driver with it. `process`: any crash costs one task.
   */
  readonly isolation: 'thread' | 'process'
  /** Limit of a worker's JavaScript heap in MB; buffers outside the heap are not counted. Default: Node's own. */
  readonly memoryMb?: number
  /** The same for all workers together that are larger than that. Default: half of the machine's memory. */
  readonly largeWorkersMb?: number
  /** Where workers put shipped modules in order to import them. */
  readonly tempDirectory: string
  /** How workers reach `s3://`. */
  readonly s3?: S3Settings
  /** The module that workers run; for tests. */
  readonly entry?: URL
}

/**
 * Workers start at the first task, or by `warm()`, and are kept for later tasks. A task that asks for a larger heap has
 * a worker of its own, which is ended after it. What user functions print, on
 * either stream, appears on this process's standard error.
 *
 * @example
 * const compute = createLocalBackend({ workers: 2, isolation: 'thread', tempDirectory: '/tmp/dunlin' })
 */
export function createLocalBackend(options: LocalBackendOptions): ComputeBackend {
  const { workers, isolation, memoryMb, tempDirectory, s3 } = options
  if (!Number.isInteger(workers) || workers < 1) {
    throw new DunlinError('INVALID_ARGUMENT', `the number of workers is ${workers}`, {
      hint: 'Give 1 or more.',
    })
  }
  if (memoryMb !== undefined && !(Number.isInteger(memoryMb) && memoryMb > 0)) {
    throw new DunlinError('INVALID_ARGUMENT', `memoryMb is ${memoryMb}`, {
      hint: 'Give a whole number of megabytes.',
    })
  }
  const mostMb = options.largeWorkersMb ?? largeWorkersMb()
  const sizesMb = doublingSizesMb(memoryMb ?? nodeHeapMb(), mostMb)
  const starter = isolation === 'thread' ? threadStarter : processStarter
  const start = (heapMb: number | undefined): StartWorker =>
    starter({
      entry: options.entry ?? new URL(import.meta.resolve('#worker-entry')),
      settings: { tempDirectory, driverPid: process.pid, ...(s3 !== undefined && { s3 }) },
      ...(heapMb === undefined ? {} : { memoryMb: heapMb }),
    })
  const pool = new WorkerPool({ workers, start: start(memoryMb) })
  const large = new LargeWorkers({ mostMb, start })
  return {
    name: `local ${isolation}`,
    slots: workers,
    memorySizesMb: sizesMb,
    warm: () => pool.warm(),
    run(event, { signal, memoryMb: askedMb = 0 }) {
      const heapMb = firstMemoryMb(sizesMb, askedMb)
      return heapMb === sizesMb[0] ? pool.run(event, signal) : large.run(heapMb, event, signal)
    },
    async close() {
      // Also those of the driver itself, which nobody else would close.
      await Promise.all([pool.close(), large.close(), closeWorkerValues()])
    },
  }
}
