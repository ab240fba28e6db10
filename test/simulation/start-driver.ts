/** startDriver: a driver process that begins a workload's job, or goes on with it, to the end of what its caller waits for. */
import type { RunOptions } from '../../src/dataset/run-options.ts'
import { discardData, type FinishedJob } from '../../src/engine/drive-job.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { checkDeadLetters } from '../../src/engine/publish-dead-letters.ts'
import { checkOutputs } from '../../src/engine/publish-outputs.ts'
import { cancelJob, resumeJob, retryJob } from '../../src/engine/resume.ts'
import { startJob } from '../../src/engine/submit.ts'
import type { JobEvent } from '../../src/events/job-event.ts'
import type { Fleet } from './fleet.ts'
import { statesReached } from './reached-states.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { RequestSource } from './store-request.ts'
import { JOB, type PreparedWorkload } from './workload.ts'
import { ENGINE_URI, type World } from './world.ts'

/** What a driver was started for. */
export type DriverVerb = 'start' | 'resume' | 'retry' | 'cancel'

/** What the caller of the verb sees. */
export type DriverOutcome =
  /** `discardError`: the job succeeded, and clearing away after it did not. `job` is null for `cancel`. */
  | { readonly state: 'succeeded'; readonly job: FinishedJob | null; readonly discardError?: unknown }
  | { readonly state: 'failed'; readonly error: unknown }

export interface Driver {
  readonly verb: DriverVerb
  readonly process: SimulatedProcess
  readonly events: JobEvent[]
  /** When each of them was told. */
  readonly toldMs: number[]
  /** Null until it has one, for ever if it is killed. */
  outcome: DriverOutcome | null
  /** Aborts the signal that it was given. */
  cancel(): void
}

export interface DriverOptions {
  readonly verb: DriverVerb
  readonly onEvent?: (event: JobEvent) => void
  /** The job has succeeded, and its data is still there. */
  readonly onSuccess?: (job: FinishedJob) => void
  /** It has its outcome. */
  readonly onOutcome?: () => void
}

/** The engine as a driver process has it. */
export function engineOf(
  world: World,
  fleet: Fleet,
  process: SimulatedProcess,
  workload: PreparedWorkload,
): Engine {
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
    random: world.random.of(process.name),
    place: world.placeOf(process),
    facts: workload.prepared.facts.engine,
    close: async () => {},
  }
}

/** What is asked of `run` beside the plan. */
export const runOptionsOf = ({ workload: { reuse } }: PreparedWorkload): Pick<RunOptions, 'reuse'> =>
  reuse === undefined ? {} : { reuse }

/** As `submit` does after planning. */
async function begin(engine: Engine, workload: PreparedWorkload, options: Parameters<typeof startJob>[3]) {
  const { prepared } = workload
  try {
    const outputs = { job: JOB, plan: prepared.planned.plan, stores: engine.stores }
    await checkOutputs(outputs)
    await checkDeadLetters({ ...outputs, storeUri: ENGINE_URI })
  } catch (error) {
    await discardData(engine.store, JOB)
    throw error
  }
  return startJob(JOB, prepared, engine, options)
}

export function startDriver(
  world: World,
  fleet: Fleet,
  workload: PreparedWorkload,
  { verb, onEvent, onSuccess, onOutcome }: DriverOptions,
): Driver {
  const process = world.start('driver')
  const abort = new AbortController()
  const driver: Driver = {
    verb,
    process,
    events: [],
    toldMs: [],
    outcome: null,
    cancel: () => abort.abort(new Error('by the user')),
  }
  const engine = engineOf(world, fleet, process, workload)
  const listen = (event: JobEvent): void => {
    driver.events.push(event)
    driver.toldMs.push(world.time.nowMs)
    world.log.add(process.name, `event ${event.type}${placeOf(event)}`)
    world.log.reach(`event ${event.type}`)
    for (const state of statesReached(event)) world.log.reach(state)
    onEvent?.(event)
  }
  const options = { engine, signal: abort.signal, onEvent: listen }
  const verbs: Readonly<Record<DriverVerb, () => Promise<FinishedJob | null>>> = {
    start: () => begin(engine, workload, { ...options, ...runOptionsOf(workload), name: 'simulated' }),
    resume: () => resumeJob(JOB, options),
    retry: () => retryJob(JOB, options),
    cancel: () => cancelJob(JOB, options).then(() => null),
  }
  const settle = (outcome: DriverOutcome): void => {
    driver.outcome = outcome
    const why = outcome.state === 'failed' ? ` ${textOf(outcome.error)}` : ''
    world.log.add(process.name, `outcome ${outcome.state}${why}`)
    onOutcome?.()
  }
  world.log.add(process.name, verb)
  world.log.reach(`driver for ${verb}`)
  verbs[verb]().then(
    async job => {
      if (job === null) return settle({ state: 'succeeded', job })
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

function textOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  return `${code} ${message?.slice(0, 120)}`
}

function placeOf(event: JobEvent): string {
  if (event.type === 'jobEnding' || event.type === 'jobFinished') return ` ${event.state}`
  if (!('stage' in event)) return ''
  const task = 'task' in event ? `/${event.task}` : ''
  const attempt = 'attempt' in event ? `/${event.attempt}` : ''
  const generation = 'generation' in event && event.generation > 0 ? ` generation ${event.generation}` : ''
  const code = 'failure' in event && event.failure !== undefined ? ` ${event.failure.code}` : ''
  return ` ${event.stage}${task}${attempt}${generation}${code}`
}
