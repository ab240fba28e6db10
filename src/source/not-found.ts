/** The error about a source that is not there, with what is there instead. */
import { lstat, readdir, stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DunlinError, type ErrorCode, editDistance } from '../../operators/index.ts'
import type { ObjectStore, RequestOptions } from '../store/object-store.ts'
import type { SourcePlace } from './source-place.ts'

const NAMES_SHOWN = 3
/** Objects looked at to learn the names in a bucket. */
const KEYS_READ = 1000

/** For a path that is neither a file nor a directory with files. */
export async function missingSource(
  store: ObjectStore,
  place: SourcePlace,
  options: RequestOptions,
): Promise<DunlinError> {
  const special = await notAFile(store, place)
  if (special !== null) return special
  const names = await namesIn(store, place, options)
  const near = nearest(place.rest.split('/')[0]!, names)
  const parent = place.shown.slice(0, place.shown.length - place.rest.length)
  let hint = `${parent} does not exist either.`
  if (near.length > 0) hint = `In ${parent} there is ${near.join(', ')}.`
  else if (names.length > 0) hint = `Nothing in ${parent} has a name like it.`
  else if (await exists(store)) hint = `${parent} is empty.`
  return error('NOT_FOUND', `${place.shown} does not exist`, hint)
}

/** For a pattern that no file matches. */
export async function noMatch(
  store: ObjectStore,
  place: SourcePlace,
  options: RequestOptions,
): Promise<DunlinError> {
  const names = await namesIn(store, place, options)
  const parent = place.shown.slice(0, place.shown.length - place.rest.length)
  const shown = names.slice(0, NAMES_SHOWN).join(', ')
  const more = names.length > NAMES_SHOWN ? ', …' : ''
  const hint =
    names.length > 0
      ? `In ${parent} there is ${shown}${more}. A pattern matches files; for all files below directories write **/*.`
      : (await exists(store))
        ? `${parent} is empty.`
        : `${parent} does not exist.`
  return error('NOT_FOUND', `no file matches ${place.shown}`, hint)
}

/** For a directory in which nothing is data. */
export function emptyDirectory(place: SourcePlace): DunlinError {
  const hint = 'Names that begin with _ or . are passed over, in the directories below too.'
  return error('NOT_FOUND', `the directory ${place.shown} holds no files to read`, hint)
}

function error(code: ErrorCode, message: string, hint: string): DunlinError {
  return new DunlinError(code, message, { hint })
}

export function leadsNowhere(path: string): DunlinError {
  return error('NOT_FOUND', `${path} is a symbolic link that leads nowhere`, 'Give the link its target back.')
}

/** A directory without files, or something that is neither. */
async function notAFile(store: ObjectStore, place: SourcePlace): Promise<DunlinError | null> {
  if (!store.uri.startsWith('file:')) return null
  const stats = await stat(place.shown).catch(() => null)
  if (stats === null) return (await lstat(place.shown).catch(() => null)) && leadsNowhere(place.shown)
  if (stats.isFile()) return null
  if (stats.isDirectory()) return emptyDirectory(place)
  const what = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device'
  const hint = 'Its bytes cannot be read by range, and twice: copy them into a file first.'
  return error('INVALID_ARGUMENT', `${place.shown} is ${what}, neither a file nor a directory`, hint)
}

/** Names beside the missing one; none where the directory is missing too, or cannot be read. */
async function namesIn(store: ObjectStore, place: SourcePlace, options: RequestOptions): Promise<string[]> {
  if (store.uri.startsWith('file:')) {
    const entries = await readdir(fileURLToPath(store.uri), { withFileTypes: true }).catch(() => [])
    return entries.map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort()
  }
  const names = new Set<string>()
  let read = 0
  for await (const { key } of store.list(place.directory, options)) {
    const below = key.slice(place.directory.length)
    const slash = below.indexOf('/')
    names.add(slash < 0 ? below : below.slice(0, slash + 1))
    if (++read === KEYS_READ) break
  }
  return [...names]
}

async function exists(store: ObjectStore): Promise<boolean> {
  if (!store.uri.startsWith('file:')) return true
  return lstat(fileURLToPath(store.uri)).then(
    stats => stats.isDirectory(),
    () => false,
  )
}

/** The few names that differ least, if they differ by less than half of their letters. */
function nearest(wanted: string, names: readonly string[]): string[] {
  return names
    .map(name => ({ name, distance: editDistance(wanted.toLowerCase(), stem(name, wanted)) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.min(wanted.length, name.length) / 2))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NAMES_SHOWN)
    .map(({ name }) => name)
}

/** Compared without the slash of directories, and without an extension that the wanted name does not have. */
function stem(name: string, wanted: string): string {
  const bare = name.replace(/\/$/, '').toLowerCase()
  return posix.extname(wanted) === '' ? bare.slice(0, bare.length - posix.extname(bare).length) || bare : bare
}
