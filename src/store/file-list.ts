/** Lists the files below a directory in the order of their keys, one directory at a time. */
import { type BigIntStats, type Dirent, lstatSync, realpathSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { DunlinError } from '../../operators/index.ts'
import { errnoOf, fileError } from './file-error.ts'
import { patiently, takeTurn } from './file-io.ts'
import { checkKey, compareKeys, RESERVED_PREFIX } from './key.ts'
import type { ObjectInfo } from './object-store.ts'
import { throwIfAborted } from './request.ts'

export interface FileListing {
  /** Absolute path without a slash at its end. */
  readonly root: string
  readonly uri: string
  readonly followSymlinks: boolean
  readonly signal?: AbortSignal | undefined
}

interface OpenDirectory {
  /** Key of the directory with `/` at its end, '' for the root. */
  readonly key: string
  /** Names in order; those of directories end in `/`. */
  readonly names: readonly string[]
  next: number
  /** Where it really is; only known where links are followed, to find circles. */
  readonly realPath: string
}

/** A version changes with the size and with the time of the last write, in nanoseconds. */
export function versionOf(stats: BigIntStats): string {
  return `${stats.size}-${stats.mtimeNs}`
}

/**
 * Holds the names of the directories that lead to the current one, not the tree. Files that vanish meanwhile are
 * left out; what is neither file nor directory (a pipe, a socket, a refused link) is not an object.
 */
export async function* listFiles(listing: FileListing, prefix: string): AsyncGenerator<ObjectInfo> {
  const top = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const open: OpenDirectory[] = []
  await enter(listing, open, top, prefix.slice(top.length))
  while (open.length > 0) {
    const directory = open.at(-1)!
    if (directory.next === directory.names.length) {
      open.pop()
      continue
    }
    throwIfAborted(listing.signal, listing.uri)
    const key = directory.key + directory.names[directory.next++]!
    if (key.endsWith('/')) {
      await enter(listing, open, key, '')
    } else {
      const object = describe(listing, key)
      if (object) yield object
    }
    await takeTurn()
  }
}

function describe(listing: FileListing, key: string): ObjectInfo | undefined {
  try {
    const stats = lstatSync(`${listing.root}/${key}`, { bigint: true, throwIfNoEntry: false })
    if (stats?.isFile()) return { key, sizeBytes: Number(stats.size), version: versionOf(stats) }
    if (!stats?.isSymbolicLink() || !listing.followSymlinks) return undefined
    const target = statSync(`${listing.root}/${key}`, { bigint: true })
    return target.isFile() ? { key, sizeBytes: Number(target.size), version: versionOf(target) } : undefined
  } catch (error) {
    throw fileError(error, 'list', listing.uri + key, `${listing.root}/${key}`)
  }
}

async function enter(listing: FileListing, open: OpenDirectory[], key: string, start: string): Promise<void> {
  const path = `${listing.root}/${key}`
  try {
    const realPath = listing.followSymlinks ? realpathSync(path) : ''
    // A link to a directory that it stands in would be walked for ever.
    if (realPath !== '' && open.some(above => above.realPath === realPath)) return
    const entries = await patiently(() => readdir(path, { withFileTypes: true }))
    const names: string[] = []
    for (const entry of entries) {
      if (!entry.name.startsWith(start) || entry.name.startsWith(RESERVED_PREFIX)) continue
      const name = nameOf(listing, key, entry)
      if (name !== undefined) names.push(name)
    }
    open.push({ key, names: names.sort(compareKeys), next: 0, realPath })
  } catch (error) {
    const errno = errnoOf(error)
    // Gone since its name was read, or never there; a file where the prefix means a directory.
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return
    throw fileError(error, 'list', listing.uri + key, path)
  }
}

/** The entry's name, with `/` where it is a directory; undefined where it is nothing to list. */
function nameOf(listing: FileListing, key: string, entry: Dirent): string | undefined {
  if (entry.isFile() || entry.isDirectory() || (listing.followSymlinks && entry.isSymbolicLink())) {
    checkName(listing, key, entry.name)
  }
  if (entry.isFile()) return entry.name
  if (entry.isDirectory()) return `${entry.name}/`
  if (!entry.isSymbolicLink() || !listing.followSymlinks) return undefined
  const path = `${listing.root}/${key}${entry.name}`
  const target = statSync(path, { throwIfNoEntry: false })
  if (target !== undefined) return target.isDirectory() ? `${entry.name}/` : entry.name
  // Editors leave hidden links that lead nowhere; any other would be data silently missing.
  if (entry.name.startsWith('.') || lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined
  throw new DunlinError('NOT_FOUND', `${path} is a symbolic link that leads nowhere`, {
    hint: 'Remove the link, or give it its target back.',
  })
}

/** A file whose name cannot be a key must not be passed over in silence. */
function checkName(listing: FileListing, key: string, name: string): void {
  checkKey(name, listing.uri + key)
  // What is not UTF-8 reaches us with U+FFFD, and then is not found under that name.
  if (!name.includes('\uFFFD')) return
  if (lstatSync(`${listing.root}/${key}${name}`, { throwIfNoEntry: false }) !== undefined) return
  throw new DunlinError(
    'INVALID_ARGUMENT',
    `a file name in ${listing.root}/${key} is not valid UTF-8: ${name}`,
    {
      hint: 'Rename the file.',
    },
  )
}
