/** URIs as places, so that one can be said to be inside another. */

/** `/`, `` (relative) or `scheme://authority`, then the segments of the path. */
export type Place = readonly string[]

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)/i

/** Reads a URI or path as it was written; nothing is resolved against a base. */
export function placeOf(uri: string): Place {
  const scheme = SCHEME.exec(uri)
  let head = uri.startsWith('/') ? '/' : ''
  let path = uri
  if (scheme !== null) {
    const name = scheme[1]!.toLowerCase()
    head = name === 'file' ? '/' : `${name}://${scheme[2]}`
    path = uri.slice(scheme[0].length)
    if (name === 'file') path = decoded(path)
  }
  const segments: string[] = []
  for (const segment of path.split(/[/\\]/)) {
    if (segment === '' || segment === '.') continue
    if (segment === '..' && segments.length > 0 && segments.at(-1) !== '..') segments.pop()
    else segments.push(segment)
  }
  return [head, ...segments]
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

export function isAbsolute(place: Place): boolean {
  return place[0] !== ''
}

/** Whether `inner` is `outer` or lies below it. */
export function isInside(inner: Place, outer: Place): boolean {
  return outer.every((segment, i) => inner[i] === segment)
}

/** The part of a glob before its first wildcard. */
export function fixedPart(glob: string): Place {
  const place = placeOf(glob)
  const wild = place.findIndex((segment, i) => i > 0 && /[*?[{]/.test(segment))
  return wild === -1 ? place : place.slice(0, wild)
}
