/** startDriver: a driver process that runs a workload's job, from after planning to the end of `run`. */
import type { Engine } from '../../src/engine/engine.ts'
import { checkOutputs } from '../../src/engine/publish-outputs.ts'
import { discardData, type FinishedJob, runPrepared } from '../../src/engine/submit.ts'
import type { JobEvent } from '../../src/events/job-event.ts'
import type { Fleet } from './fleet.ts'
import { statesReached } from './reached-states.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { RequestSource } from './store-request.ts'
import { JOB, type PreparedWorkload } from './workload.ts'
import { ENGINE_URI, type World } from './world.ts'

/** What the caller of `run` sees. */
export type DriverOutcome =
  /** `discardError`: the job succeeded, and clearing away after it did not. */
  | { readonly state: 'succeeded'; readonly job: FinishedJob; readonly discardError?: unknown }
  | { readonly state: 'failed'; readonly error: unknown }

export interface Driver {
  readonly process: SimulatedProcess
  readonly events: JobEvent[]
  /** When the last thing happened that mattered to the job: whatever runs after it is an orphan. */
  settledMs: number
  /** Null until it has one, for ever if it is killed. */
  outcome: DriverOutcome | null
  /** Reads what the job gave, as the caller does before the data goes. */
  cancel(): void
}

export interface DriverOptions {
  readonly onEvent?: (event: JobEvent) => void
  /** The job has succeeded, and its data is still there. */
  readonly onSuccess?: (job: FinishedJob) => void
}

/** The engine as a driver process has it. */
function engineOf(world: World, fleet: Fleet, process: SimulatedProcess, workload: PreparedWorkload): Engine {
  const random = world.random.of(process.name)
  const source: RequestSource = {
    process,
    random: world.random.of(`${process.name} store`),
    isDriver: true,
    by: process.name,
    struck: () => ({ process: process.name }),
  }
  const stores = world.stores(source)
  return {
    name: 'simulated',
    store: stores.open(ENGINE_URI),
    baseUri: 'memory://data/',
    stores,
    compute: fleet.backendFor(process),
    clock: process.clock,
    random,
    facts: workload.prepared.facts.engine,
    close: async () => {},
  }
}

export function startDriver(
  world: World,
  fleet: Fleet,
  workload: PreparedWorkload,
  { onEvent, onSuccess }: DriverOptions = {},
): Driver {
  const process = world.start('driver')
  const abort = new AbortController()
  const events: JobEvent[] = []
  const driver: Driver = {
    process,
    events,
    settledMs: 0,
    outcome: null,
    cancel: () => abort.abort(new Error('by the user')),
  }
  const engine = engineOf(world, fleet, process, workload)
  const { prepared } = workload
  const listen = (event: JobEvent): void => {
    events.push(event)
    if (event.type !== 'jobFinished') driver.settledMs = world.time.nowMs
    world.log.add(process.name, `event ${event.type}${placeOf(event)}`)
    world.log.reach(`event ${event.type}`)
    for (const state of statesReached(event)) world.log.reach(state)
    onEvent?.(event)
  }
  const run = async (): Promise<FinishedJob> => {
    try {
      await checkOutputs(JOB, prepared, engine)
      return await runPrepared(JOB, prepared, engine, {
        name: 'simulated',
        signal: abort.signal,
        onEvent: listen,
      })
    } catch (error) {
      await discardData(engine, JOB)
      throw error
    }
  }
  const settle = (outcome: DriverOutcome): void => {
    driver.outcome = outcome
    world.log.add(process.name, `outcome ${outcome.state}`)
  }
  run().then(
    async job => {
      onSuccess?.(job)
      await job.discard().then(
        () => settle({ state: 'succeeded', job }),
        (discardError: unknown) => settle({ state: 'succeeded', job, discardError }),
      )
    },
    (error: unknown) => settle({ state: 'failed', error }),
  )
  return driver
}

function placeOf(event: JobEvent): string {
  if (!('stage' in event)) return ''
  const task = 'task' in event ? `/${event.task}` : ''
  const attempt = 'attempt' in event ? `/${event.attempt}` : ''
  const code = 'failure' in event && event.failure !== undefined ? ` ${event.failure.code}` : ''
  return ` ${event.stage}${task}${attempt}${code}`
}
