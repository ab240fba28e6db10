/** publishOutput: makes the parts of a finished job visible; discardAttempts: removes those of one that failed. */
import { DunlinError, type WriteFormat } from '../../operators/index.ts'
import type { WriteMode } from '../../planner/index.ts'
import { deleteAll } from '../store/delete-all.ts'
import type { ObjectStore, RequestOptions } from '../store/object-store.ts'
import type { CommittedPart } from '../task/task-event.ts'
import { checkOutput } from './check-output.ts'
import { claimDirectory } from './claim-directory.ts'
import { mayPass } from './may-pass.ts'
import { isPart, moveParts } from './move-parts.ts'
import {
  APPENDED_PREFIX,
  appendNameOf,
  epochOf,
  isHidden,
  partName,
  publishingJob,
  publishingKey,
  publishingPrefix,
  SUCCESS_KEY,
  stagingPrefix,
} from './output-keys.ts'
import {
  encodeManifest,
  type ManifestPart,
  readManifest,
  type StageCount,
  type SuccessManifest,
} from './success-manifest.ts'

/** Keys deleted by one call: what S3 takes. */
const DELETE_KEYS = 1000

export interface OutputToPublish extends RequestOptions {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  readonly job: string
  /** Of this driver. */
  readonly epoch: number
  readonly format: WriteFormat
  /** The parts of the attempts that won, in the order of the data. */
  readonly parts: readonly CommittedPart[]
  readonly mode: WriteMode
  /** `schemaText` of the rows, where known. */
  readonly schema?: string | null
  readonly counts?: readonly StageCount[]
  /** Whether this driver still has the job; asked before whatever another one would suffer from. Default: it has. */
  readonly isOurs?: () => Promise<boolean>
}

/**
 * Moves each part to its name, writes `_SUCCESS`, and removes the job's staging. Every step may be done again: a
 * driver that takes over after a crash half-way calls it with the same arguments, and ends at the same files. Only a
 * driver in whose journal it stands that the job succeeds may call it.
 *
 * After an error that will not pass the parts that were already moved and the marker are removed, as far as that is
 * possible; in mode `overwrite` they stay, for the old output is no longer whole. After one that may pass (and after a
 * crash) all stays as it is, to be gone on with.
 *
 * What a reader sees meanwhile:
 * - One that waits for `_SUCCESS` (dunlin does) sees nothing or all. In mode `overwrite` the old `_SUCCESS` goes
 *   before anything else is touched; in mode `append` it stays, and lists the old parts until it is replaced.
 * - One that globs `part-*` sees the parts appear one after another, each whole; in mode `overwrite` it first sees
 *   the old ones go. N objects cannot appear at one instant.
 *
 * @throws STORE (retryable) where another job is publishing into the directory; CORRUPT where a part is neither
 * staged nor published as it was committed; OUTPUT_NOT_EMPTY where in mode `fail` something else has come into the
 * directory since the job began.
 */
export async function publishOutput(output: OutputToPublish): Promise<SuccessManifest> {
  const { store, job, epoch, mode, signal } = output
  const earlier = await readManifest(store, '', requestOf(signal))
  if (earlier?.job === job) {
    await discardAttempts(output)
    return earlier
  }
  await checkStillOurs(output)
  await claimDirectory(output)
  const placement: Placement = { names: [], moved: new Set() }
  try {
    return await publishClaimed(output, placement)
  } catch (error) {
    // What follows is done for a cancelled job too.
    const now = await readManifest(store, '').catch(() => undefined)
    // `_SUCCESS` was written after all, or another driver of this job has finished meanwhile.
    if (now?.job === job) {
      await discardAttempts({ store, job, epoch })
      return now
    }
    // Who has lost the job clears away what is its own and would stand in the way of all others; but where it has moved parts,
    // the marker tells whose they are.
    if (isLost(error) && placement.moved.size === 0)
      await store.delete([publishingKey(job, epoch)]).catch(() => {})
    // Unknown is not absent: nothing that a manifest may list is removed.
    // What may pass is done again by whoever goes on with the job: the parts that were moved are the only ones.
    const passes = error instanceof DunlinError && mayPass(error)
    const mayTakeBack = !passes && now !== undefined && mode !== 'overwrite' && (await isStillOurs(output))
    if (mayTakeBack) await takeBack(output, placement).catch(() => {})
    throw error
  }
}

/**
 * Asked before each step that another job's output would suffer from: a driver that was stopped for long may find that
 * another has published meanwhile (which removes the marker) and that the directory has a new owner.
 */
async function checkStillClaimed(output: OutputToPublish): Promise<void> {
  const { store, job, epoch, signal } = output
  if ((await store.head(publishingKey(job, epoch), requestOf(signal))) === undefined) throw lostTo(output)
  await checkStillOurs(output)
}

async function checkStillOurs(output: OutputToPublish): Promise<void> {
  if (!(await isStillOurs(output))) throw lostTo(output)
}

function lostTo({ store, job }: OutputToPublish): DunlinError {
  return new DunlinError('LEASE', `another driver publishes job ${job} into ${store.uri}`, { place: { job } })
}

const isLost = (error: unknown): boolean => error instanceof DunlinError && error.code === 'LEASE'

/** A driver that cannot know must not remove what another one may be publishing. */
async function isStillOurs({ isOurs }: OutputToPublish): Promise<boolean> {
  return isOurs === undefined || (await isOurs().catch(() => false))
}

/** Whether an earlier call for this job has begun to publish, or has ended. */
export async function isBegun(
  store: ObjectStore,
  job: string,
  options: RequestOptions = {},
): Promise<boolean> {
  for await (const _ of store.list(publishingPrefix(job), options)) return true
  return (await readManifest(store, '', options))?.job === job
}

/** The names of the parts, in their order, once they are known; and those that this call has moved there. */
interface Placement {
  names: readonly string[]
  readonly moved: Set<string>
}

/** The directory is this job's alone until its marker goes. */
async function publishClaimed(output: OutputToPublish, placement: Placement): Promise<SuccessManifest> {
  const { store, job, mode, parts, signal } = output
  const request = requestOf(signal)
  // Not before the marker was alone: another append may have ended until then.
  const before = await readManifest(store, '', request)
  if (before?.job === job) {
    await discardAttempts(output)
    return before
  }
  const files = await dataFiles(store, request)
  const append = mode === 'append' ? { job, generation: generationOf(job, files) } : undefined
  const names = parts.map((_, index) =>
    partName({
      index,
      parts: parts.length,
      format: output.format,
      ...(append === undefined ? {} : { append }),
    }),
  )
  placement.names = names
  const own = new Set(names)
  await checkOutput({ ...output, except: own })
  const others = files.filter(file => !own.has(file.name))
  if (mode === 'overwrite') {
    await checkStillClaimed(output)
    await store.delete([SUCCESS_KEY], request)
    for (let i = 0; i < others.length; i += DELETE_KEYS) {
      await checkStillClaimed(output)
      const keys = others.slice(i, i + DELETE_KEYS).map(file => file.name)
      await store.delete(keys, request)
    }
  }
  await checkStillClaimed(output)
  await moveParts({ ...placement, store, parts }, request)
  const kept = mode === 'append' ? keptParts(before, others) : []
  const manifest = manifestOf(output, names, kept)
  await checkStillClaimed(output)
  await store.put(SUCCESS_KEY, encodeManifest(manifest), request)
  await discardAttempts(output)
  return manifest
}

/** Of the job's own parts, where an earlier call has moved some; else one more than the highest there is. */
function generationOf(job: string, files: readonly DataFile[]): number {
  let highest = 0
  for (const { name } of files) {
    const appended = appendNameOf(name)
    if (appended?.job === job) return appended.generation
    if (appended !== null) highest = Math.max(highest, appended.generation)
  }
  return highest + 1
}

/**
 * Removes the job's parts from their names, and its marker last: left there without `_SUCCESS`, they would block the
 * next run or be taken for data. What is not known to be the job's stays.
 */
async function takeBack(output: OutputToPublish, { names, moved }: Placement): Promise<void> {
  const { store, job, epoch, parts } = output
  const gone: string[] = []
  for (const [i, name] of names.entries()) {
    const part = parts[i]!
    // Moved by an earlier call, or by a request that failed only for the one who made it.
    const isThere = async () =>
      (await store.head(part.key)) === undefined && (await isPart(store, part, name, {}))
    if (moved.has(name) || (await isThere())) gone.push(name)
  }
  for (let i = 0; i < gone.length; i += DELETE_KEYS) {
    await checkStillOurs(output)
    await store.delete(gone.slice(i, i + DELETE_KEYS))
  }
  await deleteAll(store, publishingPrefix(job), { goes: key => epochOf(key) <= epoch })
}

function requestOf(signal: AbortSignal | undefined): RequestOptions {
  return signal === undefined ? {} : { signal }
}

export interface AttemptsToDiscard extends RequestOptions {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  readonly job: string
  /** Of the driver that clears away: what a later one has asked for stays. Default: all goes. */
  readonly epoch?: number
}

/** Removes all that attempts of the job have left in the output directory. */
export async function discardAttempts(attempts: AttemptsToDiscard): Promise<void> {
  const { store, job, epoch = Number.POSITIVE_INFINITY, signal } = attempts
  const request = requestOf(signal)
  const isMarker = (key: string): boolean => publishingJob(key) !== null
  const isOld = (key: string): boolean => epochOf(key) <= epoch
  await deleteAll(store, stagingPrefix(job), { ...request, goes: key => isOld(key) && !isMarker(key) })
  // A driver before this one may have been killed while it wrote `_SUCCESS`.
  if (epoch > 1) await store.sweep('', request)
  // The markers last: while anything is left, the directory says so.
  await deleteAll(store, publishingPrefix(job), { ...request, goes: isOld })
}

/** Removes appended parts of the job that no manifest lists: it was given up while they were being moved. */
export async function discardUnlisted({ store, job }: AttemptsToDiscard): Promise<void> {
  const listed = new Set((await readManifest(store, ''))?.parts.map(({ name }) => name))
  await deleteAll(store, APPENDED_PREFIX, {
    goes: key => appendNameOf(key)?.job === job && !listed.has(key),
  })
}

interface DataFile {
  readonly name: string
  readonly bytes: number
}

/** Data in the directory: hidden names are left alone, in every mode. */
async function dataFiles(store: ObjectStore, request: RequestOptions): Promise<DataFile[]> {
  const files: DataFile[] = []
  for await (const { key, sizeBytes } of store.list('', request)) {
    if (!isHidden(key)) files.push({ name: key, bytes: sizeBytes })
  }
  return files
}

/** What an appended output held before: what its manifest says, and files of others; not what a job has left half appended. */
function keptParts(before: SuccessManifest | null, others: readonly DataFile[]): ManifestPart[] {
  const known = new Map(before?.parts.map(part => [part.name, part]))
  return others.flatMap(({ name, bytes }): ManifestPart[] => {
    const part = known.get(name)
    if (part === undefined && appendNameOf(name) !== null) return []
    return [part?.bytes === bytes ? part : { name, bytes, rows: null, crc32: null }]
  })
}

function manifestOf(
  output: OutputToPublish,
  names: readonly string[],
  kept: readonly ManifestPart[],
): SuccessManifest {
  const own = output.parts.map(({ rows, bytes, crc32 }, i) => ({ name: names[i]!, rows, bytes, crc32 }))
  const parts: ManifestPart[] = [...kept, ...own]
  return {
    version: 1,
    writer: 'dunlin',
    job: output.job,
    format: output.format,
    rows: parts.reduce<number | null>(
      (sum, { rows }) => (sum === null || rows === null ? null : sum + rows),
      0,
    ),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    schema: output.schema ?? null,
    ...(output.counts === undefined ? {} : { counts: output.counts }),
    parts,
  }
}
