/** SourcePlace: where a source's URI leads, before anything is looked at. */
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
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
  if (scheme === 'file') return filePlace(uriToPath(uri))
  if (scheme !== undefined) return bucketPlace(uri)
  if (uri.startsWith('/')) return filePlace(uri)
  if (schemeOf(baseUri) === 'file') {
    return filePlace(posix.join(fileURLToPath(baseUri), './', uri))
  }
  return bucketPlace(`${baseUri.endsWith('/') ? baseUri : `${baseUri}/`}${uri}`)
}

function filePlace(path: string): SourcePlace {
  const { directory, rest, isGlob } = cut(posix.normalize(path))
  return { shown: directory + rest, root: pathToRootUri(directory), directory: '', rest, isGlob }
}

function bucketPlace(uri: string): SourcePlace {
  const match = /^([a-z][a-z0-9+.-]*:\/\/[^/]+)(\/.*)?$/i.exec(uri)
  if (match === null) throw new DunlinError('INVALID_ARGUMENT', `${uri} names no bucket`)
  const root = `${match[1]}/`
  const path = posix.normalize(`./${match[2] ?? ''}`.replace(/^\.\/+/, './'))
  if (path === '..' || path.startsWith('../')) {
    throw new DunlinError('INVALID_ARGUMENT', `${uri} leads outside ${root}`)
  }
  const { directory, rest, isGlob } = cut(path === '.' || path === './' ? '' : path)
  return { shown: root + directory + rest, root, directory, rest, isGlob }
}

/** The directories before the first pattern, or before the last name. */
function cut(path: string): { directory: string; rest: string; isGlob: boolean } {
  const names = path.split('/')
  const first = names.findIndex(name => GLOB.test(name))
  const isGlob = first >= 0
  const at = isGlob ? first : names.length - 1
  const directory = names.slice(0, at).map(name => `${name}/`).join('')
  return { directory, rest: names.slice(at).join('/'), isGlob }
}
