/** publishOutput: makes the parts of a finished job visible; discardAttempts: removes those of one that failed. */
import { crc32 } from 'node:zlib'
import { DunlinError, type WriteFormat } from '../../operators/index.ts'
import type { WriteMode } from '../../planner/index.ts'
import { deleteAll } from '../store/delete-all.ts'
import type { ObjectStore, RequestOptions } from '../store/object-store.ts'
import type { CommittedPart } from '../task/task-event.ts'
import { checkOutput } from './check-output.ts'
import { isHidden, partName, publishingKey, SUCCESS_KEY, stagingPrefix } from './output-keys.ts'
import {
  encodeManifest,
  type ManifestPart,
  readManifest,
  type StageCount,
  type SuccessManifest,
} from './success-manifest.ts'

const MOVES_AT_ONCE = 16
/** Keys deleted by one call: what S3 takes. */
const DELETE_KEYS = 1000

export interface OutputToPublish extends RequestOptions {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  readonly job: string
  readonly format: WriteFormat
  /** The parts of the attempts that won, in the order of the data. */
  readonly parts: readonly CommittedPart[]
  readonly mode: WriteMode
  /** `schemaText` of the rows, where known. */
  readonly schema?: string | null
  readonly counts?: readonly StageCount[]
}

/**
 * Moves each part to its name, writes `_SUCCESS`, and removes the job's staging. Every step may be done again: a
 * driver that takes over after a crash half-way calls it with the same arguments, and ends at the same files. Only
 * the job that won its end may call it.
 *
 * What a reader sees meanwhile:
 * - One that waits for `_SUCCESS` (dunlin does) sees nothing or all. In mode `overwrite` the old `_SUCCESS` goes
 *   before anything else is touched; in mode `append` it stays, and lists the old parts until it is replaced.
 * - One that globs `part-*` sees the parts appear one after another, each whole; in mode `overwrite` it first sees
 *   the old ones go. N objects cannot appear at one instant.
 *
 * @throws CORRUPT where a part is neither staged nor published as it was committed; OUTPUT_NOT_EMPTY where in mode
 * `fail` something else has come into the directory since the job began.
 */
export async function publishOutput(output: OutputToPublish): Promise<SuccessManifest> {
  const { store, job, mode, signal } = output
  const request = signal === undefined ? {} : { signal }
  const before = await readManifest(store, '', request)
  if (before?.job === job) {
    await discardAttempts(output)
    return before
  }
  const names = output.parts.map((_, index) =>
    partName({
      index,
      parts: output.parts.length,
      format: output.format,
      ...(mode === 'append' ? { job } : {}),
    }),
  )
  // From here on to the removal of the staging, a reader of the directory is told that it is unfinished.
  const marker = new TextEncoder().encode(`${JSON.stringify({ job, mode })}\n`)
  await store.put(publishingKey(job), marker, request)
  const own = new Set(names)
  try {
    await checkOutput({ ...output, except: own })
  } catch (error) {
    const now = await readManifest(store, '', request)
    if (now?.job !== job) throw error
    // Another driver of this job has finished meanwhile.
    await discardAttempts(output)
    return now
  }
  const others = await otherFiles(store, own, request)
  if (mode === 'overwrite') {
    await store.delete([SUCCESS_KEY], request)
    for (let i = 0; i < others.length; i += DELETE_KEYS) {
      const keys = others.slice(i, i + DELETE_KEYS).map(file => file.name)
      await store.delete(keys, request)
    }
  }
  await moveParts(store, output.parts, names, request)
  const kept = mode === 'append' ? keptParts(before, others) : []
  const manifest = manifestOf(output, names, kept)
  await store.put(SUCCESS_KEY, encodeManifest(manifest), request)
  await discardAttempts(output)
  return manifest
}

/** Removes all that attempts of the job have left in the output directory. */
export async function discardAttempts(
  output: RequestOptions & { readonly store: ObjectStore; readonly job: string },
): Promise<void> {
  const { store, job, signal } = output
  const request = signal === undefined ? {} : { signal }
  const marker = publishingKey(job)
  await deleteAll(store, stagingPrefix(job), { ...request, goes: key => key !== marker })
  // The marker last: while anything is left, the directory says so.
  await store.delete([marker], request)
}

interface OtherFile {
  readonly name: string
  readonly bytes: number
}

/** Data in the directory that is not one of `names`: hidden names are left alone, in every mode. */
async function otherFiles(
  store: ObjectStore,
  names: ReadonlySet<string>,
  request: RequestOptions,
): Promise<OtherFile[]> {
  const others: OtherFile[] = []
  for await (const { key, sizeBytes } of store.list('', request)) {
    if (isHidden(key) || names.has(key)) continue
    others.push({ name: key, bytes: sizeBytes })
  }
  return others
}

async function moveParts(
  store: ObjectStore,
  parts: readonly CommittedPart[],
  names: readonly string[],
  request: RequestOptions,
): Promise<void> {
  let next = 0
  const mover = async (): Promise<void> => {
    while (next < parts.length) {
      const i = next++
      await movePart(store, parts[i]!, names[i]!, request)
    }
  }
  // All have ended before an error is thrown: nothing moves any more when the caller goes on.
  const ended = await Promise.allSettled(Array.from({ length: Math.min(MOVES_AT_ONCE, parts.length) }, mover))
  for (const mover of ended) if (mover.status === 'rejected') throw mover.reason
}

async function movePart(
  store: ObjectStore,
  part: CommittedPart,
  name: string,
  request: RequestOptions,
): Promise<void> {
  let cause: unknown
  try {
    await store.move(part.key, name, request)
    if ((await store.head(name, request))?.sizeBytes === part.bytes) return
  } catch (error) {
    if (!(error instanceof DunlinError) || error.code !== 'NOT_FOUND') throw error
    // Another driver moved it, or this one before it was killed; or it is lost, and an old file has its name.
    if (await isPart(store, part, name, request)) return
    cause = error
  }
  throw new DunlinError(
    'CORRUPT',
    `a part of the output is lost: neither ${part.key} nor ${name} in ${store.uri} is what was committed`,
    { cause, hint: 'Was the directory changed while the job ran? Run the job again.' },
  )
}

async function isPart(
  store: ObjectStore,
  part: CommittedPart,
  name: string,
  request: RequestOptions,
): Promise<boolean> {
  const found = await store.head(name, request)
  if (found?.sizeBytes !== part.bytes) return false
  let sum = 0
  for await (const piece of store.stream(name, { offset: 0 }, request)) sum = crc32(piece, sum)
  return sum === part.crc32
}

/** What an appended output held before: what its manifest says, and files that came without one. */
function keptParts(before: SuccessManifest | null, others: readonly OtherFile[]): ManifestPart[] {
  const known = new Map(before?.parts.map(part => [part.name, part]))
  return others.map(({ name, bytes }) => {
    const part = known.get(name)
    return part?.bytes === bytes ? part : { name, bytes, rows: null, crc32: null }
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
