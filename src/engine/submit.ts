/** Submitting a plan: prepare it, record it, run it, publish its outputs, record how it ended. */
import { createRequire } from 'node:module'
import { DunlinError, type Failure, fromFailure } from '../../operators/index.ts'
import type { LogicalPlan, Planned } from '../../planner/index.ts'
import { argument } from '../dataset/arguments.ts'
import { skipPolicy } from '../dataset/on-error.ts'
import type { RunOptions } from '../dataset/run-options.ts'
import type { JobEvent, JobReport, WrittenOutput } from '../events/job-event.ts'
import { ReportBuilder } from '../events/report.ts'
import { newJobId } from '../job/job-id.ts'
import { jobKeys, writeEnd, writePlan } from '../job/job-records.ts'
import { JournalWriter } from '../job/journal.ts'
import { type JobResults, runJob } from '../scheduler/run-job.ts'
import type { ShippedModule } from '../ship/ship.ts'
import { deadLettersPrefix } from '../sink/dead-letters-uri.ts'
import { deleteAll } from '../store/delete-all.ts'
import type { Engine } from './engine.ts'
import { engineFor } from './local-engine.ts'
import { type PreparedPlan, preparePlan } from './prepare-plan.ts'
import { checkDeadLetters, discardDeadLetters, publishDeadLetters } from './publish-dead-letters.ts'
import { checkOutputs, discardOutputs, publishOutputs } from './publish-outputs.ts'
import { runDefaults } from './run-defaults.ts'
import { sharedLimit } from './shared-limit.ts'

export interface FinishedJob {
  readonly engine: Engine
  readonly planned: Planned
  readonly results: JobResults
  readonly report: JobReport
  /** Removes the job's data from the store; its plan, journal and end stay. */
  discard(): Promise<void>
}

const { version } = createRequire(import.meta.url)('dunlin/package.json') as { version: string }

const JOB_NAME = 'pipeline'

/**
 * Runs a plan as one job.
 *
 * @throws DunlinError when it cannot be planned, or fails, or is cancelled. Outputs are published when all tasks have
 * committed: none of a job that failed before that.
 */
export async function submit(logical: LogicalPlan, given: RunOptions): Promise<FinishedJob> {
  const options = { ...runDefaults(), ...given }
  checkOptions(options)
  const engine = engineFor(options)
  const onError = skipPolicy(options.onError, engine.baseUri)
  if (options.signal?.aborted) {
    throw new DunlinError('CANCELLED', 'the job was cancelled before it began', {
      cause: options.signal.reason,
    })
  }
  engine.compute.warm?.()
  await engine.prepare?.()
  const job = newJobId(engine.clock, engine.random)
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  try {
    const prepared = await preparePlan(logical, engine, {
      valuesPrefix: `${jobKeys.folder(job)}values/`,
      onError,
      ...signal,
    })
    await checkOutputs(job, prepared, engine)
    await checkDeadLetters(job, prepared, engine)
    return await runPrepared(job, prepared, engine, options)
  } catch (error) {
    await discardData(engine, job)
    throw error
  }
}

async function runPrepared(
  job: string,
  prepared: PreparedPlan,
  engine: Engine,
  options: RunOptions,
): Promise<FinishedJob> {
  const { planned, shipped } = prepared
  const { name = JOB_NAME, seed = 0, retries, concurrency, signal, onEvent } = options
  const limits = {
    ...(retries === undefined ? {} : { retries }),
    ...(concurrency === undefined ? {} : { concurrency }),
  }
  for (const warning of shipped?.warnings ?? []) process.emitWarning(warning, 'DunlinWarning')
  if (shipped !== null) await engine.store.put(jobKeys.code(shipped.hash), shipped.source, { ifAbsent: true })
  await writePlan(engine.store, {
    version: 1,
    job,
    name,
    startedAt: engine.clock.now(),
    engineVersion: version,
    engine: engine.name,
    plan: planned.plan,
    text: planned.text,
    options: { seed, ...limits },
  })
  const journal = new JournalWriter({ store: engine.store, job, clock: engine.clock })
  const progress = new ReportBuilder()
  let lastWord: unknown
  /** A listener that fails, fails the job; but what it says of a job that has ended comes after the job's end. */
  const told = (event: JobEvent): void | Promise<void> => {
    const failed = (error: unknown): void => {
      const wrapped = new DunlinError('USER_FUNCTION', `onEvent failed at ${event.type}`, { cause: error })
      if (event.type !== 'jobFinished') throw wrapped
      lastWord = wrapped
    }
    try {
      const said = onEvent?.(event)
      return said instanceof Promise ? said.catch(failed) : undefined
    } catch (error) {
      return failed(error)
    }
  }
  let outputs: readonly WrittenOutput[] = []
  let deadLetters: WrittenOutput | undefined
  const outcome = await runJob({
    job,
    name,
    planned,
    engine,
    seed,
    limit: sharedLimit(engine.compute),
    ...limits,
    ...(signal === undefined ? {} : { signal }),
    onEvent: event => {
      progress.add(event)
      return all(told(event), journal.add(event))
    },
    publish: async results => {
      deadLetters = await publishDeadLetters(job, prepared, engine, results)
      outputs = await publishOutputs(job, prepared, engine, results, progress)
    },
  })
  // A journal that could not be written is reported when the job has its end: what is published stays published.
  const journalled = await journal.close().then(
    () => undefined,
    (error: unknown) => error,
  )
  const failure = outcome.failure === undefined ? undefined : await mapped(outcome.failure, shipped)
  const failures = await Promise.all(outcome.failures.map(one => mapped(one, shipped)))
  const report: JobReport = {
    ...outcome.report,
    failures,
    fingerprint: planned.plan.fingerprint,
    outputs,
    ...(deadLetters === undefined ? {} : { deadLetters }),
  }
  const ended = await writeEnd(engine.store, job, {
    version: 1,
    report,
    ...(failure === undefined ? {} : { failure }),
  })
  if (!ended) {
    throw new DunlinError('STORE', `job ${job} was ended by another driver`, {
      hint: 'See how it ended with `dunlin jobs show`.',
      place: { job },
    })
  }
  if (failure !== undefined) {
    await discardOutputs(job, prepared, engine)
    await discardDeadLetters(job, prepared, engine)
    throw fromFailure(failure)
  }
  if (journalled !== undefined) throw journalled
  if (lastWord !== undefined) throw lastWord
  warnOfSkipped(report, prepared)
  return { engine, planned, results: outcome, report, discard: () => discardData(engine, job) }
}

function checkOptions({ retries, concurrency, seed }: RunOptions): void {
  if (retries !== undefined) argument.whole('run', 'retries', retries, 0)
  if (concurrency !== undefined) argument.whole('run', 'concurrency', concurrency, 1)
  if (seed !== undefined) argument.whole('run', 'seed', seed, Number.MIN_SAFE_INTEGER)
}

/** Whoever collects records sees no report. */
function warnOfSkipped({ skippedRecords, deadLetters }: JobReport, { logical }: PreparedPlan): void {
  if (skippedRecords === 0 || logical.outputs.every(output => output.kind === 'write')) return
  const where = deadLetters === undefined ? '' : `: their dead letters are in ${deadLetters.uri}`
  const what = skippedRecords === 1 ? 'a bad record was' : `${skippedRecords} bad records were`
  process.emitWarning(`${what} skipped${where}`, 'DunlinWarning')
}

/** Done when both are. */
function all(a: void | Promise<void>, b: void | Promise<void>): void | Promise<void> {
  if (a === undefined) return b
  return b === undefined ? a : Promise.all([a, b]).then(() => undefined)
}

/** Stacks of user functions point at the user's own source again. */
async function mapped(failure: Failure, shipped: ShippedModule | null): Promise<Failure> {
  if (shipped === null) return failure
  const { mapFailure } = await import('../ship/map-failure.ts')
  return mapFailure(failure, shipped)
}

/** Shuffle data, commits and staged values; what says how the job went stays. */
async function discardData(engine: Engine, job: string): Promise<void> {
  const kept = [jobKeys.plan(job), jobKeys.end(job)]
  const keptFolders = [jobKeys.journal(job), deadLettersPrefix(job)]
  await deleteAll(engine.store, jobKeys.folder(job), {
    goes: key => !kept.includes(key) && !keptFolders.some(folder => key.startsWith(folder)),
  })
}
