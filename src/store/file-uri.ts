/** Paths and root URIs: one into the other, whatever characters a path has. */
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { DunlinError } from '../../operators/index.ts'

/** Two letters at least: `C:\data` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i

/** The scheme of a URI in lower case, without its colon; undefined for a path. */
export function schemeOf(pathOrUri: string): string | undefined {
  return SCHEME.exec(pathOrUri)?.[1]?.toLowerCase()
}

/**
 * The root URI, ending in `/`, that a path or URI names; a relative path is taken against `baseUri`.
 * Throws `INVALID_ARGUMENT` for a file URI that is none.
 *
 * @example
 * toRootUri('out/50% #1', 'file:///home/ann/') // 'file:///home/ann/out/50%25%20%231/'
 */
export function toRootUri(pathOrUri: string, baseUri: string): string {
  if (pathOrUri === '') throw new DunlinError('INVALID_ARGUMENT', 'an empty path names no directory')
  const scheme = schemeOf(pathOrUri)
  if (scheme === 'file') return pathToRootUri(uriToPath(pathOrUri))
  if (scheme !== undefined) return withSlash(scheme + pathOrUri.slice(scheme.length))
  if (pathOrUri.startsWith('/') || schemeOf(baseUri) === 'file') {
    return pathToRootUri(resolve(uriToPath(schemeOf(baseUri) === 'file' ? baseUri : 'file:///'), pathOrUri))
  }
  return below(baseUri, pathOrUri)
}

/** The root URI of an absolute path. */
export function pathToRootUri(path: string): string {
  if (path.includes('\0')) throw new DunlinError('INVALID_ARGUMENT', `${JSON.stringify(path)} holds a NUL`)
  // With the slash already there: a control character at the very end of a URL is dropped by its parser.
  return pathToFileURL(withSlash(path)).href
}

/** The path that a `file:` URI names. Throws `INVALID_ARGUMENT` where it names none on this machine. */
export function uriToPath(uri: string): string {
  // What follows `#` or `?` would silently not be part of the path.
  const stray = /[#?]/.exec(uri)?.[0]
  if (stray !== undefined) {
    throw new DunlinError('INVALID_ARGUMENT', `${uri} contains ${stray}, which a file URI must encode`, {
      hint: `Write ${encodeURIComponent(stray)} instead of ${stray}, or give a plain path.`,
    })
  }
  if (!/^file:\/(?!\/)|^file:\/\/(localhost)?\//i.test(uri)) {
    throw new DunlinError('INVALID_ARGUMENT', `${uri} is not an absolute file URI of this machine`, {
      hint: 'Write file:///absolute/path, or give a plain path.',
    })
  }
  try {
    return fileURLToPath(uri)
  } catch (cause) {
    throw new DunlinError('INVALID_ARGUMENT', `${uri} is not a file URI`, { cause })
  }
}

/** A relative path below a root of another scheme, whose keys are not percent-encoded. */
function below(baseUri: string, path: string): string {
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue
    if (name !== '..') names.push(name)
    else if (names.pop() === undefined) {
      throw new DunlinError('INVALID_ARGUMENT', `${JSON.stringify(path)} leads outside ${baseUri}`)
    }
  }
  return withSlash(withSlash(baseUri) + names.join('/'))
}

function withSlash(uri: string): string {
  return uri.endsWith('/') ? uri : `${uri}/`
}
