/** Which objects below a directory match a pattern: one matcher, tinyglobby, over every kind of store. */
import type { readdir as nodeReaddir } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { glob } from 'tinyglobby'
import { errnoOf, fileError } from '../store/file-error.ts'
import { compareKeys } from '../store/key.ts'
import type { ObjectInfo, ObjectStore, RequestOptions } from '../store/object-store.ts'
import { leadsNowhere } from './not-found.ts'
import type { SourcePlace } from './source-place.ts'

type Readdir = typeof nodeReaddir
type ReaddirDone = (error: NodeJS.ErrnoException | null, entries?: readonly unknown[]) => void

/**
 * `*`, `**`, `?`, `[…]` and `{a,b}`; names that begin with `.` or `_` match only patterns that say so. Files only, in
 * the order of their keys' bytes.
 *
 * On the local file system only directories that can hold a match are read; elsewhere a listing has no such choice,
 * and everything below the directory is looked at.
 */
export async function matchGlob(
  store: ObjectStore,
  place: SourcePlace,
  options: RequestOptions = {},
): Promise<ObjectInfo[]> {
  const keys = store.uri.startsWith('file:')
    ? await matchFiles(store, place, options)
    : await matchListing(store, place, options)
  return keys.sort((a, b) => compareKeys(a.key, b.key))
}

async function matchFiles(
  store: ObjectStore,
  place: SourcePlace,
  options: RequestOptions,
): Promise<ObjectInfo[]> {
  const root = fileURLToPath(store.uri)
  let failed: unknown
  const read: Readdir = ((path: string, _options: object, done: ReaddirDone) => {
    readDirectory(path).then(
      entries => done(null, entries),
      error => {
        // tinyglobby passes over directories that it cannot read; data would be missing in silence.
        if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) failed ??= fileError(error, 'list', path, path)
        done(error)
      },
    )
  }) as Readdir
  const keys = await search(root, place.rest, read, options)
  if (failed !== undefined) throw failed
  const found: ObjectInfo[] = []
  for (const key of keys) {
    const info = await store.head(key, options)
    if (info !== undefined) found.push(info)
    else if (await isDangling(root + key)) throw leadsNowhere(root + key)
  }
  return found
}

/** Links count as what they lead to; one that leads back to a directory that it stands in is left out. */
async function readDirectory(path: string): Promise<readonly object[]> {
  const entries = await readdir(path, { withFileTypes: true })
  const shown: object[] = []
  let here: string | null = null
  for (const item of entries) {
    if (!item.isSymbolicLink()) {
      if (item.isFile() || item.isDirectory()) shown.push(entry(item.name, item.isFile()))
      continue
    }
    const target = `${path.endsWith('/') ? path : `${path}/`}${item.name}`
    const isDirectory = (await stat(target).catch(() => null))?.isDirectory() ?? false
    if (isDirectory) {
      here ??= `${await realpath(path)}/`
      if (here.startsWith(`${await realpath(target)}/`)) continue
    }
    shown.push(entry(item.name, !isDirectory))
  }
  return shown
}

async function isDangling(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isSymbolicLink() ?? false
}

async function matchListing(
  store: ObjectStore,
  place: SourcePlace,
  options: RequestOptions,
): Promise<ObjectInfo[]> {
  const infos = new Map<string, ObjectInfo>()
  const directories = new Map<string, Map<string, boolean>>([['/', new Map()]])
  for await (const info of store.list(place.directory, options)) {
    infos.set(info.key, info)
    addToTree(directories, info.key)
  }
  const read: Readdir = ((path: string, _options: object, done: ReaddirDone) => {
    const names = directories.get(path.endsWith('/') ? path : `${path}/`)
    done(
      null,
      [...(names ?? [])].map(([name, isFile]) => entry(isFile ? name : name.slice(0, -1), isFile)),
    )
  }) as Readdir
  const keys = await search('/', place.directory + place.rest, read, options)
  return keys.map(key => infos.get(key)!)
}

async function search(
  cwd: string,
  pattern: string,
  read: Readdir,
  options: RequestOptions,
): Promise<string[]> {
  const keys = await glob(asPattern(pattern), {
    cwd,
    fs: { readdir: read },
    extglob: false,
    expandDirectories: false,
    onlyFiles: true,
    dot: false,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const underscores = /(^|[/{,])_/.test(pattern)
  return keys.filter(key => underscores || !(key.startsWith('_') || key.includes('/_')))
}

/** Characters that mean something to the matcher, but nothing here. */
function asPattern(pattern: string): string {
  return pattern.replace(
    /(\\.)|([()|+]|^!)/gs,
    (_all, escaped?: string, other?: string) => escaped ?? `\\${other}`,
  )
}

function addToTree(directories: Map<string, Map<string, boolean>>, key: string): void {
  const names = key.split('/')
  let path = '/'
  for (const [i, name] of names.entries()) {
    const isFile = i === names.length - 1
    const here = directories.get(path)!
    // A key may be both: `a` and `a/b`. Files and directories are told apart by a slash that no name has.
    here.set(isFile ? name : `${name}/`, isFile)
    path += `${name}/`
    if (!isFile && !directories.has(path)) directories.set(path, new Map())
  }
}

/** As much of a `Dirent` as is looked at. */
function entry(name: string, isFile: boolean): object {
  return {
    name,
    isFile: () => isFile,
    isDirectory: () => !isFile,
    isSymbolicLink: () => false,
  }
}
