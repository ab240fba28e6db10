/** listSource: which objects a source of files consists of, in which order. */
import type { ListedObject, Listing, Source } from '../../planner/index.ts'
import { isHidden } from '../sink/output-keys.ts'
import { pathToRootUri } from '../store/file-uri.ts'
import type { ObjectInfo, ObjectStore, RequestOptions, Stores } from '../store/object-store.ts'
import { completeFiles, OutputMarks } from './complete-outputs.ts'
import { matchGlob } from './match-glob.ts'
import { emptyDirectory, missingSource, noMatch } from './not-found.ts'
import { type SourcePlace, sourcePlace } from './source-place.ts'

export interface ListSourceOptions extends RequestOptions {
  readonly stores: Stores
  /** What relative paths are relative to: a directory's URI. */
  readonly baseUri: string
}

/**
 * Each URI is a file, a directory (all files below it), or a pattern. In directories and patterns, names that begin
 * with `_` or `.` are passed over. Files stand in the order of the URIs, and of their keys' UTF-8 bytes within one. A
 * file that two URIs name is read twice; one that a pattern matches in two ways, once.
 *
 * A name that exists as a file is that file, whatever pattern it looks like. `.gz` is gzip, `.zst` is zstd.
 *
 * @throws NOT_FOUND for a path that does not exist, a pattern without a match, a directory without files, an
 * unfinished output of dunlin; INVALID_ARGUMENT for pipes, sockets and devices; CORRUPT for an output with parts
 * missing; STORE (retryable) for one that changes all the time; ACCESS_DENIED from the store.
 *
 * @example
 * await listSource(source, { stores, baseUri: 'file:///home/ann/' })
 */
export async function listSource(
  source: Source & { readonly kind: 'files' },
  options: ListSourceOptions,
): Promise<Listing> {
  const request = options.signal === undefined ? {} : { signal: options.signal }
  const objects: ListedObject[] = []
  for (const uri of source.uris) {
    const place = sourcePlace(uri, options.baseUri)
    const store = options.stores.open(place.root)
    for (const info of await listPlace(store, place, options.stores, request)) objects.push(info)
  }
  return { objects }
}

async function listPlace(
  store: ObjectStore,
  place: SourcePlace,
  stores: Stores,
  request: RequestOptions,
): Promise<ListedObject[]> {
  const named = place.directory + place.rest
  // A backslash takes the meaning from a pattern's character; no key has one.
  const couldBeKey = !named.includes('\\')
  const file = named !== '' && couldBeKey ? await store.head(named, request) : undefined
  if (file !== undefined) return [listed(store, file)]
  if (couldBeKey) {
    const inDirectory = await listDirectory(store, place, stores, request)
    if (inDirectory !== null) return inDirectory
  }
  if (!place.isGlob) throw await missingSource(store, place, request)
  const find = async () => {
    const files = await matchGlob(store, place, request)
    if (files.length === 0) throw await noMatch(store, place, request)
    return { files, marks: null }
  }
  return (await completeFiles(store, find, request)).map(info => listed(store, info))
}

/** Null where there is no such directory, or nothing in it. */
async function listDirectory(
  above: ObjectStore,
  place: SourcePlace,
  stores: Stores,
  request: RequestOptions,
): Promise<ListedObject[] | null> {
  // A directory of the file system is a root of its own: its files may be links, and its parent unreadable.
  const isFile = above.uri.startsWith('file:')
  const store = isFile ? stores.open(pathToRootUri(place.shown)) : above
  const name = place.rest === '' ? '' : `${place.rest}/`
  const prefix = isFile ? '' : place.directory + name
  let marks = new OutputMarks()
  let empty = true
  const find = async () => {
    marks = new OutputMarks()
    const files: ObjectInfo[] = []
    for await (const info of store.list(prefix, request)) {
      empty = false
      marks.add(info.key)
      if (!isHidden(info.key.slice(prefix.length))) files.push(info)
    }
    return { files, marks }
  }
  const complete = await completeFiles(store, find, request)
  if (empty) return null
  // The output of a job that gave no row has no parts, and yet is one.
  if (complete.length === 0 && marks.finished.size === 0) throw emptyDirectory(place)
  return complete.map(info => listed(store, info))
}

function listed(store: ObjectStore, { key, sizeBytes, version }: ObjectInfo): ListedObject {
  const compression = /\.gz$/i.test(key) ? 'gzip' : /\.zst$/i.test(key) ? 'zstd' : null
  return { root: store.uri, key, sizeBytes, version, ...(compression === null ? {} : { compression }) }
}
