/** Driving a job to its end: run what has not committed, publish, record how it ended; by its first driver or a later one. */
import { DunlinError, type Failure, fromFailure } from '../../operators/index.ts'
import type { Planned, StageId } from '../../planner/index.ts'
import type { RunOptions } from '../dataset/run-options.ts'
import type { JobEvent, JobReport, Outcome, WrittenOutput } from '../events/job-event.ts'
import type { ReportBuilder } from '../events/report.ts'
import { stageOutline } from '../job/advance.ts'
import { failureOf } from '../job/ending.ts'
import { writeEnd } from '../job/ends.ts'
import { jobKeys } from '../job/job-records.ts'
import type { JournalWriter } from '../job/journal.ts'
import { holderText, type LeaseHolder, readLease, takenError } from '../job/lease.ts'
import { LeaseKeeper } from '../job/lease-keeper.ts'
import type { RestoredJob } from '../job/restore.ts'
import { recordReusable } from '../job/reuse.ts'
import { type JobOutcome, type JobResults, runJob } from '../scheduler/run-job.ts'
import { deadLettersPrefix } from '../sink/dead-letters-uri.ts'
import { mayPass } from '../sink/may-pass.ts'
import { deleteAll } from '../store/delete-all.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { patientStores } from '../store/patient-store.ts'
import { warnOfLeft } from './clear-away.ts'
import type { Engine } from './engine.ts'
import { asTold, Listener } from './listener.ts'
import { discardDeadLetters, publishDeadLetters } from './publish-dead-letters.ts'
import { checkUnpublished, discardOutputs, publishOutputs } from './publish-outputs.ts'
import { limitsOf, type RunLimits } from './run-limits.ts'
import { sharedLimit } from './shared-limit.ts'

export interface JobToDrive extends Pick<RunOptions, 'signal' | 'onEvent'>, RunLimits {
  readonly engine: Engine
  /** The engine's, with patience. */
  readonly store: ObjectStore
  readonly job: string
  readonly name: string
  readonly seed: number
  readonly planned: Planned
  readonly epoch: number
  readonly holder: LeaseHolder
  readonly journal: JournalWriter
  /** Holds what earlier drivers have done. */
  readonly report: ReportBuilder
  readonly restored?: RestoredJob
  /** Set where finished stages are kept for later jobs, each under its digest. */
  readonly digests?: ReadonlyMap<StageId, string>
  /** Points stacks of user functions at the user's own source. */
  readonly mapFailure: (failure: Failure) => Promise<Failure>
}

export interface FinishedJob {
  /** The engine's, with patience. */
  readonly store: ObjectStore
  readonly planned: Planned
  readonly results: JobResults
  readonly report: JobReport
  /** Removes the job's data from the store; its plan, journal and end stay. */
  discard(): Promise<void>
}

/**
 * Resolves when the job has succeeded and its outputs are visible. A job that fails or is cancelled keeps what has
 * committed, for `retry`.
 *
 * @throws DunlinError what ended the job; `LEASE` where another driver has taken it over: then nothing has been ended
 */
export async function driveJob(drive: JobToDrive): Promise<FinishedJob> {
  const { engine, job, journal } = drive
  const control = new AbortController()
  let lost: DunlinError | undefined
  const keeper = new LeaseKeeper({
    ...drive,
    since: drive.restored?.since ?? 1,
    clock: engine.clock,
    onLost: by => {
      lost = new DunlinError('LEASE', `job ${job} was taken over by ${by}`, { place: { job } })
      control.abort(lost)
    },
    onCancel: reason => control.abort(new DunlinError('CANCELLED', reason)),
  })
  const cancel = (): void => control.abort(drive.signal?.reason)
  if (drive.signal?.aborted) cancel()
  else drive.signal?.addEventListener('abort', cancel, { once: true })
  const listener = new Listener(drive.onEvent)
  const outputs: WrittenOutput[] = []
  let deadLetters: WrittenOutput | undefined
  let interrupted: DunlinError | undefined
  const publish = async (results: JobResults): Promise<void> => {
    try {
      const ours = { ...outputsOf(drive), isOurs: () => isOurs(drive) }
      // Whatever can be known to stand in the way is known before the first part moves.
      await checkUnpublished(ours)
      deadLetters = await publishDeadLetters(ours, results)
      await publishOutputs({
        ...ours,
        results,
        report: drive.report,
        written: output => outputs.push(output),
      })
    } catch (error) {
      if (error instanceof DunlinError && mayPass(error)) interrupted = unpublished(job, error)
      throw error
    }
  }
  try {
    if (drive.epoch > 1) await tellTakenOver(drive, listener)
    const outcome = await run(drive, { signal: control.signal, listener, publish })
    // What was decided must be in the journal before it is acted upon; a journal that is another's decides nothing.
    await journal.close()
    if (lost !== undefined) throw lost
    // That the job has succeeded is settled; only its outputs are not all visible yet.
    if (interrupted !== undefined) throw interrupted
    const finished = await conclude(drive, outcome, {
      outputs,
      ...(deadLetters === undefined ? {} : { deadLetters }),
    })
    await keeper.release()
    if (listener.lastWord !== undefined) throw listener.lastWord
    return finished
  } catch (error) {
    await (hasLost(error) ? keeper.stop() : keeper.release())
    throw error
  } finally {
    drive.signal?.removeEventListener('abort', cancel)
  }
}

/** A listener that has not heard the job begin is told what it consists of. */
async function tellTakenOver(
  { engine, job, name, planned, epoch, holder }: JobToDrive,
  listener: Listener,
): Promise<void> {
  const time = engine.clock.now()
  const stages = planned.plan.stages.map(stageOutline)
  await listener.tell({ type: 'jobStarted', time, job, name, engine: engine.name, stages })
  await listener.tell({ type: 'jobTakenOver', time, epoch, driver: holderText(holder) })
}

function unpublished(job: string, error: DunlinError): DunlinError {
  const message = `job ${job} is done, but its output could not be made visible: ${error.message}`
  return new DunlinError(error.code, message, {
    cause: error,
    hint: `Everything is kept: \`dunlin jobs resume ${job}\` publishes it${error.code === 'NO_SPACE' ? ', once there is room' : ''}.`,
    place: { job },
  })
}

const hasLost = (error: unknown): boolean => error instanceof DunlinError && error.code === 'LEASE'

/** Whether nobody has taken the job over, or even ended and removed it, leases and all. */
async function isOurs({ store, job, epoch }: Pick<JobToDrive, 'store' | 'job' | 'epoch'>): Promise<boolean> {
  const [next, plan] = await Promise.all([readLease(store, job, epoch + 1), store.head(jobKeys.plan(job))])
  return next === undefined && plan !== undefined
}

const outputsOf = ({ engine, job, epoch, planned }: JobToDrive) => ({
  job,
  epoch,
  plan: planned.plan,
  stores: patientStores(engine.stores, engine),
  storeUri: engine.store.uri,
})

interface Running {
  readonly signal: AbortSignal
  readonly listener: Listener
  readonly publish: (results: JobResults) => Promise<void>
}

async function run(drive: JobToDrive, { signal, listener, publish }: Running): Promise<JobOutcome> {
  const { engine, store, job, name, planned, seed, epoch, report, restored, journal } = drive
  const ending = restored?.ending ?? null
  if (ending !== null && ending.state !== 'succeeded') return settled(drive, ending)
  return runJob({
    job,
    name,
    planned,
    engine: { ...engine, store },
    seed,
    epoch,
    report,
    signal,
    publish,
    limit: sharedLimit(engine.compute),
    ...(restored === undefined ? {} : { restored }),
    ...limitsOf(drive),
    onEvent: event =>
      all(all(journal.add(event), listener.tell(asTold(event, signal))), keepForLater(drive, event)),
  })
}

/** A job whose end an earlier driver had settled, and could not record any more. */
function settled({ job, report }: JobToDrive, ending: Exclude<Outcome, { state: 'succeeded' }>): JobOutcome {
  const parts = report.parts()
  return {
    state: ending.state,
    failure: failureOf(job, ending)!,
    failures: parts.failures,
    report: { ...parts, state: ending.state },
    results: new Map(),
    schemas: new Map(),
    deadLetters: [],
  }
}

async function conclude(
  drive: JobToDrive,
  outcome: JobOutcome,
  visible: Pick<JobReport, 'outputs' | 'deadLetters'>,
): Promise<FinishedJob> {
  const { store, job, planned, mapFailure } = drive
  const failure = outcome.failure === undefined ? undefined : await mapFailure(outcome.failure)
  const failures = await Promise.all(
    outcome.report.failures.map(async first => ({ ...(await mapFailure(first)), count: first.count })),
  )
  const report: JobReport = {
    ...outcome.report,
    failures,
    fingerprint: planned.plan.fingerprint,
    ...visible,
  }
  // It may have slept since its journal was written, and another may have reopened the job.
  if (!(await isOurs(drive))) throw takenError(job, 'another driver by now')
  const ended = await writeEnd(store, job, drive.epoch, {
    version: 1,
    report,
    ...(failure === undefined ? {} : { failure }),
  })
  if (!ended) {
    throw new DunlinError('LEASE', `job ${job} was ended by another driver`, {
      hint: 'See how it ended with `dunlin jobs show`.',
      place: { job },
    })
  }
  if (failure !== undefined) {
    await discardUnpublished(drive)
    throw fromFailure(failure, failures)
  }
  // An attempt that an earlier driver asked for may have come when this one had cleared away; from here on it sees the end.
  if (drive.epoch > 1) await discardUnpublished(drive)
  warnOfSkipped(report, planned)
  return {
    store,
    planned,
    results: outcome,
    report,
    discard: async () => (drive.digests === undefined ? discardData(store, job, planned) : undefined),
  }
}

/**
 * Shuffle data and staged values. What says how the job went stays, and the commits of parts: an attempt that comes late
 * must find that it has lost.
 */
export async function discardData(store: ObjectStore, job: string, planned?: Planned): Promise<void> {
  const folder = jobKeys.folder(job)
  const kept = jobKeys.plan(job)
  const keptFolders = [jobKeys.ends(job), jobKeys.journal(job), jobKeys.leases(job), deadLettersPrefix(job)]
  for (const stage of planned?.plan.stages ?? []) {
    if (stage.output.kind === 'write') keptFolders.push(`${folder}stage-${stage.id}/commits/`)
  }
  await deleteAll(store, folder, {
    goes: key => key !== kept && !keptFolders.some(prefix => key.startsWith(prefix)),
  })
}

/** What attempts have left in the user's directories. That it could not be removed does not hide why the job failed. */
async function discardUnpublished(drive: JobToDrive): Promise<void> {
  if (!(await isOurs(drive).catch(() => false))) return
  try {
    await discardOutputs(outputsOf(drive))
    await discardDeadLetters(outputsOf(drive))
  } catch (error) {
    warnOfLeft(drive.job, `what job ${drive.job} left unpublished`, error)
  }
}

/** Whoever collects records sees no report. */
function warnOfSkipped({ skippedRecords, deadLetters }: JobReport, { plan }: Planned): void {
  if (skippedRecords === 0 || !plan.stages.some(stage => stage.output.kind === 'result')) return
  const where = deadLetters === undefined ? '' : `: their dead letters are in ${deadLetters.uri}`
  const what = skippedRecords === 1 ? 'a bad record was' : `${skippedRecords} bad records were`
  process.emitWarning(`${what} skipped${where}`, 'DunlinWarning')
}

/** Of a stage that has finished, so that a later job need not run it. */
function keepForLater({ store, job, digests }: JobToDrive, event: JobEvent): void | Promise<void> {
  if (digests === undefined || event.type !== 'stageFinished' || event.exchange === undefined) return
  // A record that is missing costs a later job time, nothing else.
  return recordReusable(store, digests.get(event.stage)!, { job, stage: event.stage }, event.exchange).catch(
    () => undefined,
  )
}

/** Done when both are, also where one has failed: nobody acts upon a decision that is not written. */
function all(a: void | Promise<void>, b: void | Promise<void>): void | Promise<void> {
  if (a === undefined) return b
  return b === undefined
    ? a
    : Promise.allSettled([a, b]).then(() => Promise.all([a, b]).then(() => undefined))
}
