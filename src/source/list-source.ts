/** listSource: which objects a source of files consists of, in which order. */
import { DunlinError } from '../../operators/index.ts'
import type { ListedObject, Listing, Source } from '../../planner/index.ts'
import { isHidden, STAGING_PREFIX, SUCCESS_KEY } from '../sink/output-keys.ts'
import type { ObjectInfo, ObjectStore, RequestOptions, Stores } from '../store/object-store.ts'
import { completeFiles, directoryOf, OutputMarks } from './complete-outputs.ts'
import { matchGlob } from './match-glob.ts'
import { missingSource, noMatch } from './not-found.ts'
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
 * missing; ACCESS_DENIED from the store.
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
  const named = await namedFile(store, place, request)
  if (named !== null) return [listed(store, named)]
  if (place.isGlob) {
    const files = await matchGlob(store, place, request)
    if (files.length === 0) throw await noMatch(store, place, request)
    const marks = await marksAround(store, files, request)
    return (await completeFiles(store, { files: await withListedParts(store, files, marks, request), ...marks }, request))
      .filter(file => files.includes(file))
      .map(info => listed(store, info))
  }
  // A directory of the file system is a root of its own, so that keys do not depend on where it stands.
  const isFile = store.uri.startsWith('file:')
  const name = place.rest === '' ? '' : `${place.rest}/`
  const directory = isFile ? stores.open(store.uri + encodeName(name)) : store
  const prefix = isFile ? '' : place.directory + name
  return (await listDirectory(directory, prefix, { store, place }, request)).map(info => listed(directory, info))
}
