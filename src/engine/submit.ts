/** Submitting a plan: prepare it, record it so that any driver could go on with it, and drive it. */
import { DunlinError, type Failure } from '../../operators/index.ts'
import type { LogicalPlan } from '../../planner/index.ts'
import { engineFor } from '../configuration/configured-engine.ts'
import { argument } from '../dataset/arguments.ts'
import { skipPolicy } from '../dataset/on-error.ts'
import type { RunOptions } from '../dataset/run-options.ts'
import { ReportBuilder } from '../events/report.ts'
import { newJobId } from '../job/job-id.ts'
import { jobKeys, writePlan } from '../job/job-records.ts'
import { JournalWriter } from '../job/journal.ts'
import { acquireLease, newHolder } from '../job/lease.ts'
import { JobReplay } from '../job/restore.ts'
import { findReusable, reuseDigests } from '../job/reuse.ts'
import { writeSplits } from '../job/splits-record.ts'
import type { ShippedModule } from '../ship/ship.ts'
import { patientStore } from '../store/patient-store.ts'
import { discardData, driveJob, type FinishedJob } from './drive-job.ts'
import type { Engine } from './engine.ts'
import { engineVersion } from './engine-version.ts'
import { type PreparedPlan, preparePlan } from './prepare-plan.ts'
import { checkDeadLetters } from './publish-dead-letters.ts'
import { checkOutputs } from './publish-outputs.ts'
import { runDefaults } from './run-defaults.ts'
import { checkMaxCost, limitsOf } from './run-limits.ts'
import { uploadCode } from './stored-code.ts'

const JOB_NAME = 'pipeline'
/** The first driver's. */
const EPOCH = 1

/**
 * Runs a plan as one job.
 *
 * @throws DunlinError when it cannot be planned, or fails, or is cancelled. Outputs are published when all tasks have
 * committed: none of a job that failed before that.
 */
export async function submit(logical: LogicalPlan, given: RunOptions): Promise<FinishedJob> {
  const options = { ...runDefaults(), ...given }
  checkOptions(options)
  const engine = await engineFor(options)
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
  let prepared: PreparedPlan
  try {
    prepared = await preparePlan(logical, engine, {
      valuesPrefix: `${jobKeys.folder(job)}values/`,
      onError,
      exchange: options.exchange,
      ...signal,
    })
    const outputs = { job, plan: prepared.planned.plan, stores: engine.stores }
    await checkOutputs(outputs)
    await checkDeadLetters({ ...outputs, storeUri: engine.store.uri })
  } catch (error) {
    await discardData(engine.store, job)
    throw error
  }
  for (const warning of prepared.shipped?.warnings ?? []) process.emitWarning(warning, 'DunlinWarning')
  return startJob(job, prepared, engine, options)
}

/**
 * Records a job that has been prepared, and drives it.
 *
 * The plan is written last: a job that can be seen can be taken over.
 */
export async function startJob(
  job: string,
  { planned, shipped }: Pick<PreparedPlan, 'planned' | 'shipped'>,
  engine: Engine,
  options: RunOptions,
): Promise<FinishedJob> {
  const { name = JOB_NAME, seed = 0 } = options
  const store = patientStore(engine.store, engine)
  const holder = newHolder(engine)
  const { priced } = engine.facts.dollars
  if (shipped !== null) await uploadCode(store, shipped)
  await writeSplits(store, job, planned.splits)
  await acquireLease(store, job, EPOCH, holder)
  await writePlan(store, {
    version: 1,
    job,
    name,
    startedAt: engine.clock.now(),
    engineVersion,
    engine: engine.name,
    ...(priced === undefined ? {} : { priced }),
    plan: planned.plan,
    text: planned.text,
    options: { seed, ...limitsOf(options), ...(options.reuse === true ? { reuse: true } : {}) },
  })
  const digests = options.reuse === true ? reuseDigests(planned.plan, { seed, engineVersion }) : undefined
  const replay = new JobReplay()
  if (digests !== undefined) {
    const events = await findReusable(store, planned.plan, digests, engine.clock.now())
    for (const event of events) replay.add(event)
  }
  return driveJob({
    ...options,
    engine,
    store,
    job,
    name,
    seed,
    planned,
    epoch: EPOCH,
    holder,
    journal: new JournalWriter({ store, job, clock: engine.clock, writer: holder.nonce }),
    report: new ReportBuilder(),
    restored: replay.restored,
    ...(digests === undefined ? {} : { digests }),
    mapFailure: failure => mapped(failure, shipped),
  })
}

function checkOptions(options: RunOptions): void {
  const { retries, concurrency, maxCost, seed, reuse, onError = 'fail' } = options
  if (reuse === true && onError !== 'fail') {
    throw new DunlinError('INVALID_ARGUMENT', 'reuse and onError cannot be used together', {
      hint: 'A stage that is not run has no dead letters: leave one of them out.',
    })
  }
  if (retries !== undefined) argument.whole('run', 'retries', retries, 0)
  if (concurrency !== undefined) argument.whole('run', 'concurrency', concurrency, 1)
  if (maxCost !== undefined) checkMaxCost(maxCost)
  if (seed !== undefined) argument.whole('run', 'seed', seed, Number.MIN_SAFE_INTEGER)
}

/** Stacks of user functions point at the user's own source again. */
async function mapped(failure: Failure, shipped: ShippedModule | null): Promise<Failure> {
  if (shipped === null) return failure
  const { mapFailure } = await import('../ship/map-failure.ts')
  return mapFailure(failure, shipped)
}
