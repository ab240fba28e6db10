/** SourcePlace: where a source's URI leads, before anything is looked at. */
import { DunlinError } from '../../operators/index.ts'
import { pathToRootUri, schemeOf, uriToPath } from '../store/file-uri.ts'

/** What makes a segment of a path a pattern. A backslash takes the meaning from the character after it. */
const GLOB = /[*?[\]{}\\]/

/** A path or pattern as a store's root and what is below it. */
export interface SourcePlace {
  /** Absolute, as messages show it. */
  readonly shown: string
  /** URI of the store's root. */
  readonly root: string
  /** The directories below the root that are no pattern: `''`, or ending in `/`. */
  readonly directory: string
  /** What follows: a name, a pattern, or `''` for the directory itself. */
  readonly rest: string
  readonly isGlob: boolean
}

/**
 * Paths are relative to `baseUri`. A `file:` place has its directory as root; in other stores the root is the bucket
 * (`s3://bucket/`), since only a bucket can be opened.
 *
 * @throws INVALID_ARGUMENT for an empty path and for a relative one that leads out of a store.
 *
 * @example
 * sourcePlace('logs/202?-05/a.txt', 'file:///data/') // root file:///data/logs/, rest '202?-05/a.txt'
 */
export function sourcePlace(uri: string, baseUri: string): SourcePlace {
  if (uri === '') throw new DunlinError('INVALID_ARGUMENT', 'an empty path names no source')
  const scheme = schemeOf(uri)
  if (scheme === 'file') return filePlace('/', uriToPath(uri))
  if (scheme !== undefined) return bucketPlace(uri, '')
  if (uri.startsWith('/')) return filePlace('/', uri)
  return schemeOf(baseUri) === 'file' ? filePlace(uriToPath(baseUri), uri) : bucketPlace(baseUri, uri)
}

function filePlace(base: string, path: string): SourcePlace {
  const cut = cutAtPattern(namesOf(base), path)
  if (cut === null) return filePlace('/', '/')
  const { rest, isGlob } = cut
  const directory = `/${cut.directory}`
  return { shown: directory + rest, root: pathToRootUri(directory), directory: '', rest, isGlob }
}

function bucketPlace(base: string, path: string): SourcePlace {
  const match = /^([a-z][a-z0-9+.-]*:\/\/[^/]+)(\/.*)?$/i.exec(base)
  if (match === null) throw new DunlinError('INVALID_ARGUMENT', `${base} names no bucket`)
  const root = `${match[1]}/`
  // Without a path of its own the base is what the user wrote.
  const inBucket = match[2] ?? ''
  const cut = path === '' ? cutAtPattern([], inBucket) : cutAtPattern(namesOf(inBucket), path)
  if (cut === null) {
    throw new DunlinError('INVALID_ARGUMENT', `${JSON.stringify(path || inBucket)} leads outside ${root}`)
  }
  return { shown: root + cut.directory + cut.rest, root, ...cut }
}

/** The directories before the first pattern or the last name; null where `..` leads out. The base is no pattern. */
function cutAtPattern(
  base: readonly string[],
  path: string,
): { directory: string; rest: string; isGlob: boolean } | null {
  const names = [...base]
  let fixed = base.length
  for (const name of namesOf(path)) {
    if (name !== '..') names.push(name)
    else if (names.pop() === undefined) return null
    fixed = Math.min(fixed, names.length)
  }
  const pattern = names.findIndex((name, i) => i >= fixed && GLOB.test(name))
  const isGlob = pattern >= 0
  const at = isGlob ? pattern : Math.max(0, names.length - 1)
  const directory = names.slice(0, at).map(name => `${name}/`)
  return { directory: directory.join(''), rest: names.slice(at).join('/'), isGlob }
}

function namesOf(path: string): string[] {
  return path.split('/').filter(name => name !== '' && name !== '.')
}
