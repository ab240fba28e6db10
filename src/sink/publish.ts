/**
 * Making an output visible: parts move from their attempts' keys to their names, and `_SUCCESS` appears last.
 *
 * A reader that respects `_SUCCESS` sees nothing or all. One that globs may see some parts for the moment that the
 * moves take, since several objects cannot appear at once; with `overwrite` it may also see some old parts gone.
 */
import { DunlinError, type Schema, type WriteFormat } from '../../operators/index.ts'
import type { WriteMode } from '../../planner/index.ts'
import type { WrittenOutput } from '../events/job-event.ts'
import { uriToPath } from '../store/file-uri.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { CommittedPart } from '../task/task-event.ts'
import { partName, SUCCESS_KEY, stagingPrefix } from './output-names.ts'

/** Names shown of a directory that is not empty. */
const NAMES_SHOWN = 3
const DELETE_AT_ONCE = 1_000
const MOVES_IN_FLIGHT = 8

/** `_SUCCESS`: what the output consists of. */
export interface SuccessManifest {
  readonly version: 1
  readonly job: string
  readonly rows: number
  readonly bytes: number
  readonly schema: Schema | null
  readonly parts: readonly { readonly name: string; readonly rows: number; readonly bytes: number; readonly crc32: number }[]
}

/**
 * Before anything runs: the directory must be absent or empty, unless the mode says otherwise.
 *
 * @throws DunlinError `OUTPUT_NOT_EMPTY`, naming the directory and some of what it holds
 */
export async function checkOutput({ store, mode }: { readonly store: ObjectStore; readonly mode: WriteMode }): Promise<void> {
  if (mode !== 'fail') return
  const found: string[] = []
  for await (const { key } of store.list('')) {
    found.push(key)
    if (found.length > NAMES_SHOWN) break
  }
  if (found.length === 0) return
  const more = found.length > NAMES_SHOWN ? ' and more' : ''
  throw new DunlinError(
    'OUTPUT_NOT_EMPTY',
    `the output directory ${shown(store.uri)} is not empty: it holds ${found.slice(0, NAMES_SHOWN).join(', ')}${more}`,
    { hint: "Choose another directory, or say mode: 'overwrite' or mode: 'append'." },
  )
}

export interface Publication {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  readonly job: string
  readonly format: WriteFormat
  readonly mode: WriteMode
  /** In the order of the data. Parts without rows are left out, but one if there are no others. */
  readonly parts: readonly CommittedPart[]
  readonly schema: Schema | null
}

/**
 * Publishes an output. It may be called again after it was interrupted anywhere: what has moved stays, the rest
 * follows.
 */
export async function publishOutput(publication: Publication): Promise<WrittenOutput> {
  const { store, job, format, mode } = publication
  const filled = publication.parts.filter(part => part.rows > 0)
  const parts = filled.length > 0 ? filled : publication.parts.slice(0, 1)
  const named = parts.map((part, index) => ({ part, name: partName(index, { parts: parts.length, format, mode, job }) }))
  const kept = mode === 'append' ? await earlierParts(store, job) : []
  if (mode === 'overwrite') await removeOld(store, job, new Set(named.map(one => one.name)))
  for (let i = 0; i < named.length; i += MOVES_IN_FLIGHT) {
    await Promise.all(named.slice(i, i + MOVES_IN_FLIGHT).map(({ part, name }) => moveOnce(store, part, name)))
  }
  const own = named.map(({ part: { rows, bytes, crc32 }, name }) => ({ name, rows, bytes, crc32 }))
  const all = [...kept, ...own]
  const total = (of: typeof own, field: 'rows' | 'bytes'): number => of.reduce((sum, one) => sum + one[field], 0)
  const manifest: SuccessManifest = {
    version: 1,
    job,
    rows: total(all, 'rows'),
    bytes: total(all, 'bytes'),
    schema: publication.schema,
    parts: all,
  }
  await store.put(SUCCESS_KEY, Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`))
  await discardAttempts({ store, job })
  return { uri: store.uri, parts: own.length, rows: total(own, 'rows'), bytes: total(own, 'bytes') }
}

/** Removes what attempts of a job left in an output directory: losers, and all of them when the job failed. */
export async function discardAttempts({ store, job }: { readonly store: ObjectStore; readonly job: string }): Promise<void> {
  await removeAll(store, stagingPrefix(job), () => true)
}

/** A part that was moved before an interruption is at its name already, with the size it had. */
async function moveOnce(store: ObjectStore, part: CommittedPart, name: string): Promise<void> {
  try {
    await store.move(part.key, name)
  } catch (error) {
    const moved = error instanceof DunlinError && error.code === 'NOT_FOUND' ? await store.head(name) : undefined
    if (moved?.sizeBytes !== part.bytes) throw error
  }
}

/** With `overwrite`: everything but the new names and the staging of this job; `_SUCCESS` first, so that no reader takes the rest for complete. */
async function removeOld(store: ObjectStore, job: string, names: ReadonlySet<string>): Promise<void> {
  await store.delete([SUCCESS_KEY])
  await removeAll(store, '', key => !names.has(key) && !key.startsWith(stagingPrefix(job)))
}

async function removeAll(store: ObjectStore, prefix: string, which: (key: string) => boolean): Promise<void> {
  let keys: string[] = []
  for await (const { key } of store.list(prefix)) {
    if (!which(key)) continue
    keys.push(key)
    if (keys.length < DELETE_AT_ONCE) continue
    await store.delete(keys)
    keys = []
  }
  if (keys.length > 0) await store.delete(keys)
}

/** With `append`: what the manifest lists already, but for parts of this very job. */
async function earlierParts(store: ObjectStore, job: string): Promise<SuccessManifest['parts']> {
  try {
    const manifest = JSON.parse(Buffer.from(await store.get(SUCCESS_KEY)).toString()) as SuccessManifest
    return manifest.parts.filter(part => !part.name.startsWith(`part-${job}-`))
  } catch (error) {
    if (error instanceof DunlinError && error.code === 'NOT_FOUND') return []
    throw error
  }
}

const shown = (uri: string): string => (uri.startsWith('file:') ? uriToPath(uri) : uri)
