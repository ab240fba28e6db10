/** Puts the generated module together, line by line, and remembers which piece came from which source position. */

import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Program, positionAt } from './program.ts'

/** A range of source, taken over as it stands; or `text` in its place, for a variable that has another name now. */
export interface SourcePiece {
  readonly program: Program
  readonly start: number
  readonly end: number
  readonly text?: string
}

/** Text that was generated, at once or when the module is printed, or that comes from the source. */
export type Piece = string | (() => string) | SourcePiece

export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A range of source with some of it replaced. Edits may come in any order but must not overlap. */
export function edited(program: Program, start: number, end: number, edits: readonly Edit[]): Piece[] {
  const pieces: Piece[] = []
  let from = start
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start > from) pieces.push({ program, start: from, end: edit.start })
    pieces.push({ program, ...edit })
    from = edit.end
  }
  if (end > from) pieces.push({ program, start: from, end })
  return pieces
}

export function pieceLength(piece: Piece): number {
  if (typeof piece === 'function') return 0
  if (typeof piece === 'string') return piece.length
  return piece.text?.length ?? piece.end - piece.start
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** A number in the base 64 variable-length form of source maps. */
function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += DIGITS[rest > 0 ? digit | 32 : digit]
  } while (rest > 0)
  return text
}

/** Writes source-map mappings: `[generated column, source, line, column]`, from 0, as differences. */
class Mappings {
  private text = ''
  private lineHasSegment = false
  private column = 0
  private last = { source: 0, line: 0, column: 0 }

  newLine(): void {
    this.text += ';'
    this.column = 0
    this.lineHasSegment = false
  }

  add(column: number, source: number, line: number, sourceColumn: number): void {
    const { last } = this
    this.text += `${this.lineHasSegment ? ',' : ''}${vlq(column - this.column)}${vlq(source - last.source)}${vlq(line - last.line)}${vlq(sourceColumn - last.column)}`
    this.column = column
    this.lineHasSegment = true
    this.last = { source, line, column: sourceColumn }
  }

  toString(): string {
    return this.text
  }
}

/** Where V8 may say that something was thrown: at a word or a sign. */
const TOKEN = /\r\n?|\n|[\p{L}_$][\p{L}\p{N}_$]*|[^\s\p{L}]/gu

/** The module's text, and its source map as JSON. Source files are named by `file:` URLs. */
export function printModule(statements: readonly (readonly Piece[])[]): { code: string; map: string } {
  const mappings = new Mappings()
  const sources = new Map<string, number>()
  const parts: string[] = []
  let column = 0
  const generated = (text: string): void => {
    parts.push(text)
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      mappings.newLine()
      column = -at - 1
    }
    column += text.length
  }
  const mark = (program: Program, offset: number, at: number): void => {
    const position = positionAt(program, offset)
    const url = isAbsolute(position.file) ? pathToFileURL(position.file).href : position.file
    let source = sources.get(url)
    if (source === undefined) {
      source = sources.size
      sources.set(url, source)
    }
    mappings.add(at, source, position.line - 1, position.column - 1)
  }
  const taken = (program: Program, start: number, end: number): void => {
    const text = program.source.slice(start, end)
    let lineStart = -column
    for (const token of text.matchAll(TOKEN)) {
      if (token[0] === '\n' || token[0].startsWith('\r')) {
        mappings.newLine()
        lineStart = token.index + token[0].length
        continue
      }
      mark(program, start + token.index, token.index - lineStart)
    }
    parts.push(text)
    column = text.length - lineStart
  }
  for (const statement of statements) {
    for (const piece of statement) {
      if (typeof piece === 'string') generated(piece)
      else if (typeof piece === 'function') generated(piece())
      else if (piece.text === undefined) taken(piece.program, piece.start, piece.end)
      else {
        mark(piece.program, piece.start, column)
        generated(piece.text)
      }
    }
    generated('\n')
  }
  const map = { version: 3, sources: [...sources.keys()], names: [], mappings: mappings.toString() }
  return { code: parts.join(''), map: JSON.stringify(map) }
}
