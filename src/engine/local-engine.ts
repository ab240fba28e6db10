/** The local engine: tasks in worker threads or processes of this machine, objects in a directory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DunlinError } from '../../operators/index.ts'
import type { EngineFacts } from '../../planner/index.ts'
import type { ComputeBackend } from '../compute/compute-backend.ts'
import { createInlineBackend } from '../compute/inline-backend.ts'
import { createFunctionLoader } from '../compute/load-functions.ts'
import { createLocalBackend } from '../compute/local-backend.ts'
import { peakMemoryBytes } from '../compute/peak-memory.ts'
import { driverOnly } from '../dataset/driver-only.ts'
import { systemClock } from '../ports/system-clock.ts'
import { systemRandom } from '../ports/system-random.ts'
import { schemeOf, toRootUri } from '../store/file-uri.ts'
import type { Stores } from '../store/object-store.ts'
import { createStores } from '../store/open-stores.ts'
import type { S3Settings } from '../store/s3-settings.ts'
import type { Engine } from './engine.ts'

/**
 * How tasks are kept apart. `thread` is fast; a `process` can crash or run out of memory at the cost of one task;
 * `inline` runs tasks one by one in the calling process, which is for debuggers.
 */
export type Isolation = 'thread' | 'process' | 'inline'

/** What `local` takes. */
export interface LocalOptions {
  /** Tasks at once. Default: the processors there are. Never changes a result. */
  readonly workers?: number
  /** How tasks are kept apart. Default `thread`. */
  readonly isolation?: Isolation
  /** Where jobs keep their plans, shuffle data and journals; may be `s3://`. Default `.dunlin` in the current directory. */
  readonly directory?: string
  /** What relative paths of sources and outputs are relative to. Default: the current directory. */
  readonly base?: string
  /**
   * Heap of one worker, in megabytes. A task that runs out of it is run again in a worker of its own with twice as
   * much, and so on up to half of this machine's memory; past that the job fails with `OUT_OF_MEMORY`. Default 2,048.
   */
  readonly workerMemoryMb?: number
  /** How `s3://` is reached. Default: as the AWS SDK finds it in the environment. */
  readonly s3?: S3Settings
}

const WORKER_MEMORY_MB = 2048
/** What a task reads and writes in a second on a laptop, for estimates. */
const BYTES_PER_SECOND = 50e6
const FREE = { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 }

interface BackendOptions {
  readonly isolation: Isolation
  readonly workers: number
  readonly memoryMb: number
  readonly stores: Stores
  /** Where shipped modules are put in order to be imported. */
  readonly tempDirectory: string
  readonly s3?: S3Settings
}

function backend({ isolation, stores, ...options }: BackendOptions): ComputeBackend {
  if (isolation !== 'inline') return createLocalBackend({ isolation, ...options })
  const loader = createFunctionLoader({ directory: options.tempDirectory })
  return createInlineBackend({
    ports: { stores, clock: systemClock, random: systemRandom, loadFunctions: loader.load, peakMemoryBytes },
  })
}

/**
 * An engine on this machine. Without one, actions share the engine that `dunlin.config.ts` and the environment configure:
 * where they say nothing, a `local()`. Workers start with the first job; `close()` ends them.
 *
 * @throws DunlinError `CONFIGURATION` when `workers` is not a whole number from 1 on, or `isolation` unknown;
 * `INVALID_ARGUMENT` when `workerMemoryMb` is not a whole number from 1 on, or `directory` or `base` names no directory
 *
 * @example
 * const engine = local({ workers: 2, isolation: 'process' })
 * await read.text('books/').words().distinct().count({ engine }) // 4
 * await engine.close()
 */
export function local(options: LocalOptions = {}): Engine {
  const { workers = availableParallelism(), isolation = 'thread', directory = '.dunlin' } = options
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new DunlinError('CONFIGURATION', `workers must be a whole number from 1 on, not ${workers}`)
  }
  if (!['thread', 'process', 'inline'].includes(isolation)) {
    throw new DunlinError('CONFIGURATION', `isolation must be thread, process or inline, not ${isolation}`)
  }
  const cwdUri = toRootUri(process.cwd(), 'file:///')
  const baseUri = options.base === undefined ? cwdUri : toRootUri(options.base, cwdUri)
  const storeUri = toRootUri(directory, cwdUri)
  const { s3 } = options
  const stores = createStores({ ownRoots: [storeUri], s3 })
  const isDirectory = schemeOf(storeUri) === 'file'
  // Code is imported from here, so nobody else may write to it.
  const tempDirectory = isDirectory
    ? join(fileURLToPath(storeUri), 'modules')
    : mkdtempSync(join(tmpdir(), 'dunlin-modules-'))
  const store = stores.open(storeUri)
  let prepared = false
  const compute = backend({
    isolation,
    workers,
    memoryMb: options.workerMemoryMb ?? WORKER_MEMORY_MB,
    stores,
    tempDirectory,
    ...(s3 !== undefined && { s3 }),
  })
  const facts: EngineFacts = {
    name: 'local',
    slots: compute.slots,
    bytesPerSecond: BYTES_PER_SECOND,
    dollars: FREE,
  }
  return driverOnly('an engine', {
    name: 'local',
    store,
    baseUri,
    stores,
    compute,
    clock: systemClock,
    random: systemRandom,
    facts,
    // Nobody wants shuffle data in a repository.
    async prepare() {
      if (!prepared && isDirectory) await store.put('.gitignore', Buffer.from('*\n'), { ifAbsent: true })
      prepared = true
    },
    async close() {
      await compute.close()
      if (!isDirectory) rmSync(tempDirectory, { recursive: true, force: true })
    },
  })
}
