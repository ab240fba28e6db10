/** testEngine: an engine for tests of pipelines: objects in memory, tasks in this process, faults by a plan. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInlineBackend } from '../compute/inline-backend.ts'
import { createFunctionLoader } from '../compute/load-functions.ts'
import { driverOnly } from '../dataset/driver-only.ts'
import type { Engine } from '../engine/engine.ts'
import type { Clock } from '../ports/ports.ts'
import { systemRandom } from '../ports/system-random.ts'
import { toRootUri } from '../store/file-uri.ts'
import { createStores } from '../store/open-stores.ts'
import { fastClock } from './fast-clock.ts'
import { type FaultKind, type FaultPlan, Faults } from './fault-plan.ts'
import { faultyCompute } from './faulty-compute.ts'
import { faultyStore, faultyStores } from './faulty-store.ts'

export interface TestEngineOptions {
  /** What goes wrong, and how often. Default: nothing. */
  readonly faults?: FaultPlan
  /**
   * Default: one on which time passes twenty times as fast, so that no test waits for retries; a task then has 45 seconds
   * before the 15 minutes of its time-out are over. `FakeClock` stands still until the test lets time pass.
   */
  readonly clock?: Clock
  /** What relative paths are relative to. Default: the current directory. */
  readonly base?: string
}

export interface TestEngine extends Engine {
  /** How many faults of each kind there were so far. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
}

const STORE_URI = 'memory://dunlin-testing/'
const BYTES_PER_SECOND = 50e6
const SPEED = 20
const FREE = { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 }

/**
 * Runs a pipeline as any engine does, in this process, and lets things go wrong on the way. What comes out must be the
 * same: functions that bear being called again for the same record are what a test with faults proves. Tasks run one at a
 * time, so that equal seeds give equal faults.
 *
 * @throws DunlinError `INVALID_ARGUMENT` for a share that is not between 0 and 1
 *
 * @example
 * const engine = testEngine({ faults: { seed: 7, answerLost: 0.5, duplicated: 0.5 } })
 * const squares = await range(100, { splitRows: 10 }).map(n => n * n).collect({ engine })
 * await engine.close()
 * squares.length // 100
 */
export function testEngine(options: TestEngineOptions = {}): TestEngine {
  const { clock = fastClock(SPEED) } = options
  const faults = new Faults(options.faults ?? {})
  const stores = createStores()
  const modules = mkdtempSync(join(tmpdir(), 'dunlin-testing-'))
  const loader = createFunctionLoader({ directory: modules })
  const compute = createInlineBackend({
    ports: { stores: faultyStores(stores, faults), clock, random: systemRandom, loadFunctions: loader.load },
  })
  const cwdUri = toRootUri(process.cwd(), 'file:///')
  const engine: TestEngine = {
    name: 'testing',
    store: faultyStore(stores.open(STORE_URI), faults),
    stores: faultyStores(stores, faults),
    baseUri: options.base === undefined ? cwdUri : toRootUri(options.base, cwdUri),
    compute: faultyCompute(compute, faults),
    clock,
    random: systemRandom,
    facts: { name: 'testing', slots: compute.slots, bytesPerSecond: BYTES_PER_SECOND, dollars: FREE },
    get faults() {
      return faults.counts
    },
    async close() {
      await compute.close()
      rmSync(modules, { recursive: true, force: true })
    },
  }
  return driverOnly('an engine', engine)
}
