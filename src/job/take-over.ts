/** Taking a job over: when its driver has gone, another learns from the journal what has been done, and goes on. */
import { DunlinError } from '../../operators/index.ts'
import type { JobEvent } from '../events/job-event.ts'
import { ReportBuilder } from '../events/report.ts'
import { pause } from '../ports/pause.ts'
import type { Clock, DriverPlace } from '../ports/ports.ts'
import { systemPlace } from '../ports/system-place.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { stageOutline } from './advance.ts'
import { type JobPlan, jobKeys, noSuchJob } from './job-records.ts'
import { JournalWriter, lastSegment, lostSegmentError, readSegments } from './journal.ts'
import { JournalDecoder } from './journal-lines.ts'
import {
  acquireLease,
  beatLease,
  beatMs,
  hasLetGo,
  holderText,
  type Lease,
  type LeaseHolder,
  lastEpoch,
  readLease,
  takenError,
} from './lease.ts'
import { JobReplay, type RestoredJob } from './restore.ts'

export interface TakeOverOptions {
  readonly clock: Clock
  readonly holder: LeaseHolder
  /** Where this driver is. Default: this process. */
  readonly place?: DriverPlace
  /** Called before it is waited whether the last driver still lives, with the longest time that takes. */
  readonly onWait?: (driver: string, longestMs: number) => void
  /** Further decisions that go into the journal with the take-over, made from what is known then. */
  readonly decide?: (restored: RestoredJob) => readonly JobEvent[]
}

export interface TakenOver {
  readonly epoch: number
  readonly restored: RestoredJob
  /** Of the job so far. */
  readonly report: ReportBuilder
  /** Goes on where the journal ends. */
  readonly journal: JournalWriter
}

/**
 * The last driver must have let the job go, have died, or have been silent for a while. From the moment that the journal
 * has the take-over, nothing that it still writes counts.
 *
 * @throws LEASE where its driver is alive, or another was quicker; `NOT_FOUND` where it was cleaned away meanwhile; `CORRUPT` where a part of the journal is lost or damaged
 */
export async function takeOver(
  store: ObjectStore,
  plan: JobPlan,
  options: TakeOverOptions,
): Promise<TakenOver> {
  const { job } = plan
  const last = await lastEpoch(store, job)
  if (last > 0) await awaitLapse(store, job, last, options)
  const epoch = last + 1
  await acquireLease(store, job, epoch, options.holder)
  try {
    await checkThere(store, job, epoch)
    return { epoch, ...(await continueJournal(store, plan, epoch, options)) }
  } catch (error) {
    if (!isGone(error)) await letGo(store, job, epoch, options.holder)
    throw error
  }
}

/** @throws NOT_FOUND for a job that was cleaned away since its lease was taken; the lease goes then */
export async function checkThere(store: ObjectStore, job: string, epoch: number): Promise<void> {
  if ((await store.head(jobKeys.plan(job))) !== undefined) return
  await store.delete([jobKeys.lease(job, epoch)])
  throw noSuchJob(store, job)
}

const isGone = (error: unknown): boolean => error instanceof DunlinError && error.code === 'NOT_FOUND'

/** A lease that was taken and is not used: nobody has to wait until it lapses. Never rejects. */
export async function letGo(
  store: ObjectStore,
  job: string,
  epoch: number,
  holder: LeaseHolder,
): Promise<void> {
  const lease: Lease = { version: 1, epoch, holder, beat: 1, released: true }
  await beatLease(store, job, lease).catch(() => undefined)
}

type Continued = Pick<TakenOver, 'restored' | 'report' | 'journal'>

async function continueJournal(
  store: ObjectStore,
  plan: JobPlan,
  epoch: number,
  { clock, holder, decide }: TakeOverOptions,
): Promise<Continued> {
  const { job } = plan
  let isBegun = false
  const replay = new JobReplay()
  const report = new ReportBuilder()
  const decoder = new JournalDecoder()
  const take = (event: JobEvent): void => {
    if (event.type === 'jobStarted') isBegun = true
    // A driver that slept while it took over must not put out the one that has gone on.
    if (event.type === 'jobTakenOver' && event.epoch > epoch) throw takenError(job, event.driver)
    replay.add(event)
    report.add(event)
  }
  // Asked before anything is read: segments are written in order, so those below it were there.
  const last = await lastSegment(store, job)
  for (let sequence = 0; ; ) {
    for await (const segment of readSegments(store, job, decoder, sequence)) {
      for (const event of segment.events) take(event)
      sequence = segment.sequence + 1
    }
    if (sequence < last) throw lostSegmentError(store, job, sequence)
    const journal = new JournalWriter({ store, job, clock, sequence, writer: holder.nonce })
    const takenOver: JobEvent = { type: 'jobTakenOver', time: clock.now(), epoch, driver: holderText(holder) }
    const events = [
      // A driver that died in its first second has told nothing.
      ...(isBegun ? [] : [beginning(plan)]),
      takenOver,
      ...(decide?.(replay.restored) ?? []),
    ]
    try {
      await journal.addAll(events)
    } catch (error) {
      // The last driver has written once more in this moment; or another has taken over after us, which is read next.
      if (error instanceof DunlinError && error.code === 'LEASE') continue
      throw error
    }
    for (const event of events) take(event)
    return { restored: replay.restored, report, journal }
  }
}

/** The first event of a job, for where its journal does not have it. */
export function beginning({ job, name, engine, priced, startedAt, plan }: JobPlan): JobEvent {
  const stages = plan.stages.map(stageOutline)
  const of = priced === undefined ? {} : { priced }
  return { type: 'jobStarted', time: startedAt, job, name, engine, stages, ...of }
}

/** @throws LEASE where the holder shows that it is alive */
export async function awaitLapse(
  store: ObjectStore,
  job: string,
  epoch: number,
  { clock, place = systemPlace, onWait }: Pick<TakeOverOptions, 'clock' | 'place' | 'onWait'>,
): Promise<void> {
  const first = await readLease(store, job, epoch)
  if (first === undefined || hasLetGo(first, place)) return
  const { lapseMs } = first.holder
  const lookMs = beatMs(first.holder)
  onWait?.(holderText(first.holder), lapseMs)
  for (let waitedMs = 0; waitedMs < lapseMs; waitedMs += lookMs) {
    await pause(clock, lookMs)
    const now = await readLease(store, job, epoch)
    if (now === undefined || hasLetGo(now, place)) return
    if (now.beat !== first.beat) throw takenError(job, holderText(now.holder))
  }
}
