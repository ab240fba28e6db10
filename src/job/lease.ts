/**
 * The lease of a job: who drives it, and whether that driver is alive. One object an epoch, `lease/<epoch>.json`, made
 * by exclusive create, so that of several that would take a job over one does; its holder alone writes it again, with
 * another beat. It decides nothing by itself: what fences a driver that wakes up is that its next segment of the
 * journal is taken (`journal.ts`).
 */
import { DunlinError } from '../../operators/index.ts'
import type { DriverPlace, Randomness } from '../ports/ports.ts'
import { systemPlace } from '../ports/system-place.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { putOnce } from '../store/put-once.ts'
import { jobKeys } from './job-records.ts'
import { encodeRecord, readRecord } from './record.ts'

/** A lease whose beat has been the same for so long has lapsed, unless its holder says otherwise. */
export const LAPSE_MS = 20_000
/** Beats in that time: all but one may get lost. */
export const BEATS_TO_LAPSE = 5

export interface Lease {
  readonly version: 1
  readonly epoch: number
  readonly holder: LeaseHolder
  /** Other than before whenever the holder has shown that it is alive. */
  readonly beat: number
  /** The holder has let it go: the job has ended, or waits for another driver. */
  readonly released: boolean
}

export interface LeaseHolder {
  readonly host: string
  /** Where process ids mean the same; older versions have not written it. */
  readonly machine?: string
  readonly pid: number
  /** Tells the drivers of one process apart. */
  readonly nonce: string
  /** How long it may be silent: all who watch it go by its own figure. */
  readonly lapseMs: number
}

const NONCE_BYTES = 8

/** A driver in this process, or at another place. */
export function newHolder({
  random,
  place = systemPlace,
  lapseMs = LAPSE_MS,
}: {
  readonly random: Pick<Randomness, 'hex'>
  readonly place?: DriverPlace
  readonly lapseMs?: number
}): LeaseHolder {
  const { host, machine, pid } = place
  return { host, machine, pid, nonce: random.hex(NONCE_BYTES), lapseMs }
}

/** How often a holder shows that it is alive, and how often it is looked at. */
export const beatMs = ({ lapseMs }: Pick<LeaseHolder, 'lapseMs'>): number => lapseMs / BEATS_TO_LAPSE

export const holderText = ({ host, pid }: LeaseHolder): string => `process ${pid} on ${host}`

/** The lease of an epoch; undefined where there is none. One that cannot be read counts as held by nobody. */
export async function readLease(store: ObjectStore, job: string, epoch: number): Promise<Lease | undefined> {
  try {
    return await readRecord<Lease>(store, jobKeys.lease(job, epoch))
  } catch (error) {
    if (!(error instanceof DunlinError) || error.code !== 'CORRUPT') throw error
  }
  const nobody = { host: '?', pid: 0, nonce: '', lapseMs: LAPSE_MS }
  return { version: 1, epoch, holder: nobody, beat: 0, released: true }
}

/** The highest epoch that the job has had; 0 where it has had none. */
export async function lastEpoch(store: ObjectStore, job: string): Promise<number> {
  let last = 0
  for await (const { key } of store.list(jobKeys.leases(job))) {
    const epoch = Number(key.slice(jobKeys.leases(job).length).replace('.json', ''))
    if (Number.isSafeInteger(epoch)) last = Math.max(last, epoch)
  }
  return last
}

/**
 * Takes the lease of an epoch.
 *
 * @throws LEASE where another has it
 */
export async function acquireLease(
  store: ObjectStore,
  job: string,
  epoch: number,
  holder: LeaseHolder,
): Promise<void> {
  const lease: Lease = { version: 1, epoch, holder, beat: 0, released: false }
  const key = jobKeys.lease(job, epoch)
  if (await putOnce(store, key, encodeRecord(lease))) return
  const other = await readLease(store, job, epoch)
  throw takenError(job, other === undefined ? 'another driver' : holderText(other.holder))
}

/** Shows that the holder is alive, or that it has let go. */
export async function beatLease(store: ObjectStore, job: string, lease: Lease): Promise<void> {
  await store.put(jobKeys.lease(job, lease.epoch), encodeRecord(lease))
}

export function takenError(job: string, by: string): DunlinError {
  return new DunlinError('LEASE', `job ${job} is driven by ${by}`, {
    hint: `Wait for it, or cancel it with \`dunlin jobs cancel\`; a driver that has died can be followed when it has been silent for ${LAPSE_MS / 1000} seconds.`,
    place: { job },
  })
}

/** Also where it was a process of this machine that is no more. Of other machines nothing is known. */
export const hasLetGo = ({ released, holder: { machine, pid } }: Lease, place: DriverPlace): boolean =>
  released || (machine === place.machine && pid > 0 && place.isGone(pid))
