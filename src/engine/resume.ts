/** Going on with a job that another driver has begun: resume after a crash, retry after a failure, cancel from elsewhere. */
import { DunlinError } from '../../operators/index.ts'
import { type Planned, planFingerprint, type StageId } from '../../planner/index.ts'
import { engineFor } from '../configuration/configured-engine.ts'
import type { RunOptions } from '../dataset/run-options.ts'
import type { JobEvent } from '../events/job-event.ts'
import { markCancelled, readCancel } from '../job/cancel-mark.ts'
import { hasEnded, type JobEnd, readEnd, reopen } from '../job/ends.ts'
import { checkJobId } from '../job/job-id.ts'
import { type JobPlan, readPlan } from '../job/job-records.ts'
import { beatMs, type LeaseHolder, newHolder } from '../job/lease.ts'
import type { RestoredJob } from '../job/restore.ts'
import { reuseDigests } from '../job/reuse.ts'
import { readSplits } from '../job/splits-record.ts'
import { checkThere, letGo, type TakenOver, takeOver } from '../job/take-over.ts'
import { highestGeneration } from '../job/task-states.ts'
import { pause } from '../ports/pause.ts'
import type { DriverPlace } from '../ports/ports.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { patientStore } from '../store/patient-store.ts'
import { driveJob, type FinishedJob } from './drive-job.ts'
import type { Engine } from './engine.ts'
import { checkMaxCost, limitsOf } from './run-limits.ts'
import { mappingByStore } from './stored-code.ts'

/** What the verbs that go on with a job take. */
export interface ResumeOptions extends Pick<RunOptions, 'engine' | 'signal' | 'onEvent'> {
  /** Called when it has to be waited whether the last driver still lives, with the longest time that takes. */
  readonly onWait?: (driver: string, longestMs: number) => void
}

export interface RetryOptions extends ResumeOptions {
  /** A stage all of whose tasks are run again, though they had committed. */
  readonly stage?: number
  /** In place of what the job was started with: dollars that it may cost in all, with what it has spent so far. */
  readonly maxCost?: number
}

/**
 * Goes on with a job whose driver is gone: only what has not committed runs. Its outputs become visible as if nothing had
 * happened.
 *
 * @throws NOT_FOUND where there is no such job; `LEASE` where its driver is alive; `INVALID_ARGUMENT` where the job has
 * ended; and as a run does
 */
export async function resumeJob(job: string, options: ResumeOptions = {}): Promise<FinishedJob> {
  const at = await openJob(job, options)
  const end = await readEnd(at.store, job)
  if (end !== undefined) throw endedError(job, end)
  const plan = await readPlan(at.store, job)
  checkVersion(plan)
  const cancel = await readCancel(at.store, job, 1)
  let isReopened = false
  const taken = await takeOver(at.store, plan, {
    ...at,
    ...options,
    // Ctrl-C, and once more before the end was recorded: nobody but that driver wanted the job to end.
    decide: ({ ending, since }) => {
      isReopened = ending?.state === 'cancelled' && !(cancel !== undefined && cancel.epoch >= since)
      return isReopened ? [{ type: 'jobReopened', time: at.engine.clock.now() }] : []
    },
  })
  // Its driver may have ended it while we looked whether it is alive.
  const ended = await readEnd(at.store, job)
  if (ended !== undefined) {
    await letGo(at.store, job, taken.epoch, at.holder)
    throw endedError(job, ended)
  }
  if (isReopened) await reopen(at.store, job, taken.epoch)
  return goOn(at, options, plan, taken)
}

/**
 * Goes on with a job that has failed or was cancelled: what had committed is not done again, but for the parts of outputs,
 * which went when the job ended.
 *
 * @throws as `resumeJob`; `INVALID_ARGUMENT` where the job runs, or has succeeded, or has no such stage
 */
export async function retryJob(job: string, options: RetryOptions = {}): Promise<FinishedJob> {
  if (options.maxCost !== undefined) checkMaxCost(options.maxCost)
  const at = await openJob(job, options)
  const end = await readEnd(at.store, job)
  if (end?.report.state === 'succeeded') throw endedError(job, end)
  const plan = await readPlan(at.store, job)
  checkVersion(plan)
  const again = stagesToRemake(plan, options.stage)
  const taken = await takeOver(at.store, plan, {
    ...at,
    ...options,
    decide: restored => {
      // Asked of the journal, not of the end that was read before: another retry may have succeeded since.
      const hasSucceeded = restored.ending?.state === 'succeeded'
      if (hasSucceeded || (end === undefined && restored.ending === null)) {
        const why = hasSucceeded ? 'has succeeded meanwhile, or only has to be published' : 'has not ended'
        throw new DunlinError('INVALID_ARGUMENT', `job ${job} ${why}: there is nothing to retry`, {
          hint: `Go on with it: \`dunlin jobs resume ${job}\`.`,
          place: { job },
        })
      }
      if (restored.stages.get(options.stage as StageId)?.instead !== undefined) {
        throw new DunlinError('INVALID_ARGUMENT', `stage ${options.stage} of job ${job} did not run in it`, {
          hint: 'Run the pipeline again without reuse.',
          place: { job },
        })
      }
      return reopening(again, restored, at.engine.clock.now())
    },
  })
  // The journal says that the job goes on: from here on nobody can end it by what was decided before.
  await reopen(at.store, job, taken.epoch)
  return goOn(at, options, plan, taken)
}

/**
 * Cancels a job, wherever its driver is; resolves when it has ended, with how: it may have succeeded meanwhile. One whose driver is gone is ended here.
 *
 * @throws NOT_FOUND where there is no such job; `INVALID_ARGUMENT` where it has ended
 */
export async function cancelJob(
  job: string,
  options: ResumeOptions & { readonly reason?: string } = {},
): Promise<JobEnd['report']['state']> {
  const at = await openJob(job, options)
  const end = await readEnd(at.store, job)
  if (end !== undefined) throw endedError(job, end)
  const { reason = 'it was asked for' } = options
  const plan = await readPlan(at.store, job)
  await markCancelled(at.store, job, reason)
  while (!(await hasEnded(at.store, job))) {
    let taken: TakenOver
    try {
      taken = await takeOver(at.store, plan, { ...at, ...options })
    } catch (error) {
      if (!(error instanceof DunlinError) || error.code !== 'LEASE') throw error
      // Its driver is alive and reads the mark with its next beat; one that has reopened the job since is meant too.
      await pause(at.clock, beatMs(at.holder))
      await markCancelled(at.store, job, reason)
      continue
    }
    if (await hasEnded(at.store, job)) {
      await letGo(at.store, job, taken.epoch, at.holder)
      break
    }
    const ended = new AbortController()
    ended.abort(new DunlinError('CANCELLED', reason))
    await goOn(at, { ...options, signal: ended.signal }, plan, taken).catch(async (error: unknown) => {
      // `LEASE`: another one has ended it, or is about to.
      if (error instanceof DunlinError && ['CANCELLED', 'LEASE'].includes(error.code)) return
      // That it has failed was decided before: then this is why.
      if (!(await hasEnded(at.store, job))) throw error
    })
  }
  return (await readEnd(at.store, job))?.report.state ?? 'cancelled'
}

interface OpenJob {
  readonly engine: Engine
  readonly store: ObjectStore
  readonly clock: Engine['clock']
  readonly holder: LeaseHolder
  readonly place?: DriverPlace
}

async function openJob(job: string, options: ResumeOptions): Promise<OpenJob> {
  checkJobId(job)
  const engine = await engineFor(options)
  return {
    engine,
    store: patientStore(engine.store, engine),
    clock: engine.clock,
    holder: newHolder(engine),
    ...(engine.place === undefined ? {} : { place: engine.place }),
  }
}

async function goOn(
  at: OpenJob,
  options: ResumeOptions & Pick<RetryOptions, 'maxCost'>,
  record: JobPlan,
  taken: TakenOver,
): Promise<FinishedJob> {
  const { epoch, restored, report, journal } = taken
  const { job, name, plan, text, engineVersion } = record
  const { seed } = record.options
  let splits: Planned['splits']
  try {
    splits = await readSplits(at.store, job)
  } catch (error) {
    // Somebody may have cleaned it away since its journal was read.
    await checkThere(at.store, job, epoch)
    await letGo(at.store, job, epoch, at.holder)
    throw error
  }
  const planned: Planned = { plan, text, splits }
  return driveJob({
    ...at,
    job,
    name,
    seed,
    planned,
    epoch,
    journal,
    report,
    restored,
    mapFailure: mappingByStore(at.store, plan.codeHash),
    ...(record.options.reuse === true ? { digests: reuseDigests(plan, { seed, engineVersion }) } : {}),
    ...limitsOf(record.options),
    ...limitsOf({ maxCost: options.maxCost }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  })
}

/**
 * A plan means to each version of dunlin what its canonical text says. Asked before anything is taken over: workers would
 * refuse it, and that would end the job.
 *
 * @throws FINGERPRINT where this version reads it otherwise than the one that planned it
 */
function checkVersion({ job, plan, engineVersion }: JobPlan): void {
  if (planFingerprint(plan) === plan.fingerprint) return
  throw new DunlinError(
    'FINGERPRINT',
    `job ${job} was planned by dunlin ${engineVersion}, which this one does not follow`,
    {
      hint: `Go on with it by dunlin ${engineVersion}, or run the pipeline again.`,
      place: { job },
    },
  )
}

function stagesToRemake({ job, plan }: JobPlan, stage: number | undefined): readonly StageId[] {
  if (stage !== undefined && !plan.stages.some(one => one.id === stage)) {
    const stages = plan.stages.map(one => `${one.id} (${one.title})`).join(', ')
    throw new DunlinError('INVALID_ARGUMENT', `job ${job} has no stage ${stage}: it has ${stages}`, {
      place: { job },
    })
  }
  return plan.stages.filter(one => one.id === stage || one.output.kind === 'write').map(one => one.id)
}

/** Into the journal before anything runs: generations that no attempt of an earlier driver can commit. */
function reopening(stages: readonly StageId[], restored: RestoredJob, time: number): readonly JobEvent[] {
  const remade = stages.map((stage): JobEvent => {
    const known = restored.stages.get(stage)
    const highest = highestGeneration(known?.tasks.values() ?? [], known?.generation)
    return { type: 'taskRemade', time, stage, task: null, generation: highest + 1 }
  })
  return [{ type: 'jobReopened', time }, ...remade, ...withoutLetters(stages, restored, time)]
}

/** Tasks of other stages whose dead letters went when the job ended. */
function withoutLetters(again: readonly StageId[], restored: RestoredJob, time: number): readonly JobEvent[] {
  return [...restored.stages].flatMap(([stage, { results }]) => {
    if (again.includes(stage)) return []
    const lost = [...results].filter(([, { skipped }]) => skipped !== undefined && skipped.parts.length > 0)
    return lost.map(
      ([task, { generation }]): JobEvent => ({
        type: 'taskRemade',
        time,
        stage,
        task,
        generation: generation + 1,
      }),
    )
  })
}

function endedError(job: string, { report }: JobEnd): DunlinError {
  const again = `\`dunlin jobs retry ${job}\` goes on from what had committed.`
  return new DunlinError('INVALID_ARGUMENT', `job ${job} has ended: it ${ended(report.state)}`, {
    hint: report.state === 'succeeded' ? 'Run the pipeline again for a new job.' : again,
    place: { job },
  })
}

const ended = (state: JobEnd['report']['state']): string => (state === 'cancelled' ? 'was cancelled' : state)
