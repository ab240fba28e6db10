/** An engine in memory that notes what its tasks, and not its driver, ask of the stores. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type EngineFacts,
  estimatePlan,
  type Facts,
  type LogicalOutput,
  type Planned,
} from '../../planner/index.ts'
import { createInlineBackend } from '../../src/compute/inline-backend.ts'
import { createFunctionLoader } from '../../src/compute/load-functions.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { preparePlan } from '../../src/engine/prepare-plan.ts'
import { startJob } from '../../src/engine/submit.ts'
import type { JobReport } from '../../src/events/job-event.ts'
import { newJobId } from '../../src/job/job-id.ts'
import { jobKeys } from '../../src/job/job-records.ts'
import { systemClock } from '../../src/ports/system-clock.ts'
import { systemRandom } from '../../src/ports/system-random.ts'
import type { ObjectStore, ObjectWriter, Stores } from '../../src/store/object-store.ts'
import { createStores } from '../../src/store/open-stores.ts'

export type Asked = 'gets' | 'puts' | 'lists' | 'deletes'

export interface CountedRun {
  readonly planned: Planned
  readonly estimate: ReturnType<typeof estimatePlan>
  readonly report: JobReport
  readonly asked: Readonly<Record<Asked, number>>
}

export interface CountedEngine extends Engine {
  /** Plans and runs outputs as one job. */
  measure(outputs: readonly LogicalOutput[], options?: PlanChoices): Promise<CountedRun>
  /** Only plans, for `explainText`. */
  planned(outputs: readonly LogicalOutput[]): Promise<[Planned, Pick<Facts, 'engine'>]>
  /** Every request of the tasks so far, as `gets jobs/…`. */
  readonly log: readonly string[]
}

type PlanChoices = Omit<Parameters<typeof preparePlan>[2], 'valuesPrefix'>

/** Written apart from the product's own counting, which it is to be compared with. */
function noting(store: ObjectStore, note: (asked: Asked, key: string) => void): ObjectStore {
  const kinds = { get: 'gets', head: 'gets', stream: 'gets', put: 'puts', list: 'lists', delete: 'deletes' }
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...request: readonly [string, ...unknown[]]): unknown => {
        const kind = kinds[name as keyof typeof kinds] as Asked | undefined
        if (kind !== undefined) note(kind, request[0])
        const answer: unknown = value.apply(target, request)
        return name === 'writer' ? (answer as Promise<ObjectWriter>).then(noted(note, request[0])) : answer
      }
    },
  })
}

const noted =
  (note: (asked: Asked, key: string) => void, key: string) =>
  (writer: ObjectWriter): ObjectWriter => ({
    write: body => writer.write(body),
    async close(options) {
      note('puts', key)
      return writer.close(options)
    },
    abort: () => writer.abort(),
  })

export function countedEngine(own: Partial<EngineFacts> = {}): CountedEngine {
  const stores = createStores()
  const log: string[] = []
  const opened = new Map<string, ObjectStore>()
  const note = (asked: Asked, key: string): void => void log.push(`${asked} ${key}`)
  const notingStores: Stores = {
    open(uri) {
      let store = opened.get(uri)
      if (store === undefined) opened.set(uri, (store = noting(stores.open(uri), note)))
      return store
    },
  }
  const directory = mkdtempSync(join(tmpdir(), 'dunlin-counted-'))
  const compute = createInlineBackend({
    ports: {
      stores: notingStores,
      clock: systemClock,
      random: systemRandom,
      loadFunctions: createFunctionLoader({ directory }).load,
    },
  })
  const engine: Engine = {
    name: 'counted',
    store: stores.open('memory://engine/'),
    stores,
    baseUri: 'memory://data/',
    compute,
    clock: systemClock,
    random: systemRandom,
    facts: {
      name: 'counted',
      slots: 1,
      bytesPerSecond: 50e6,
      dollars: { perGbSecond: 1, perTask: 1, perGet: 1, perPut: 1 },
      ...own,
    },
    async close() {
      await compute.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return {
    ...engine,
    log,
    async planned(outputs) {
      const { planned, facts } = await preparePlan({ outputs }, engine, {})
      return [planned, facts]
    },
    async measure(outputs, options = {}) {
      const job = newJobId(engine.clock, engine.random)
      const valuesPrefix = `${jobKeys.folder(job)}values/`
      const prepared = await preparePlan({ outputs }, engine, { ...options, valuesPrefix })
      const before = log.length
      const { report } = await startJob(job, prepared, engine, {})
      const asked = { gets: 0, puts: 0, lists: 0, deletes: 0 }
      for (const line of log.slice(before)) asked[line.split(' ')[0] as Asked]++
      return {
        planned: prepared.planned,
        estimate: estimatePlan(prepared.planned, engine.facts),
        report,
        asked,
      }
    },
  }
}
