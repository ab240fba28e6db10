/** Positions as people know them: the user's own file, through the source map of a compiled script if it has one. */
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'

export interface Position {
  /** An absolute path, or a URL where there is no file. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

/** `file:line` as a person would type it: relative to the working directory where the file is below it. */
export function positionText(
  position: Pick<Position, 'file' | 'line'> & { readonly column?: number },
): string {
  const column = position.column === undefined ? '' : `:${position.column}`
  return `${displayPath(position.file)}:${position.line}${column}`
}

export function displayPath(file: string): string {
  if (!isAbsolute(file)) return file
  const path = relative(process.cwd(), file)
  return path === '' || path.startsWith(`..${sep}`) || path === '..' || isAbsolute(path) ? file : path
}

/** The path of a `file:` URL or absolute path, without query; null for anything else. */
export function pathOfUrl(url: string): string | null {
  if (url.startsWith('file:')) return fileURLToPath(url.split(/[?#]/)[0]!)
  return isAbsolute(url) ? url : null
}

/** The source map that a script names, or null where there is none or it cannot be read. */
export function readSourceMap(sourceMapUrl: string, scriptFile: string | null): TraceMap | null {
  if (sourceMapUrl === '' || scriptFile === null) return null
  try {
    const inline = /^data:application\/json[^,]*?(;base64)?,/.exec(sourceMapUrl)
    const mapFile = inline ? scriptFile : resolve(dirname(scriptFile), decodeURIComponent(sourceMapUrl))
    const json = inline
      ? Buffer.from(sourceMapUrl.slice(inline[0].length), inline[1] ? 'base64' : 'utf8').toString()
      : readFileSync(mapFile, 'utf8')
    return new TraceMap(json, pathToFileURL(mapFile).href)
  } catch {
    return null // without its map, positions are those of the script itself, which are true too
  }
}

/** Where a position of a script (1-based line, 0-based column) was written. */
export function originalPosition(map: TraceMap | null, file: string, line: number, column: number): Position {
  if (map !== null) {
    const found = originalPositionFor(map, { line, column })
    if (found.source !== null) {
      return { file: pathOfUrl(found.source) ?? found.source, line: found.line, column: found.column + 1 }
    }
  }
  return { file, line, column: column + 1 }
}
