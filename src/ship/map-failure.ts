/** Stacks of functions that ran on a worker, in the lines that the user wrote. */
import { readFileSync } from 'node:fs'
import { sep } from 'node:path'
import { TraceMap } from '@jridgewell/trace-mapping'
import type { Failure } from '../../operators/index.ts'
import type { ShippedModule } from './ship.ts'
import { originalPosition, type Position, pathOfUrl, positionText } from './source-position.ts'

/** One place in a stack: `(file:///…/<hash>.mjs:line:column)`, or the same without the parentheses. */
const FRAME = /[^\s()]*?([0-9a-f]{64})\.mjs:(\d+):(\d+)/g

class StackMap {
  private readonly map: TraceMap
  private readonly hash: string

  constructor({ hash, sourceMap }: ShippedModule) {
    this.hash = hash
    this.map = new TraceMap(sourceMap)
  }

  /** Null for places in generated code, which has no original. */
  private original(hash: string, line: number, column: number): Position | null {
    if (hash !== this.hash) return null
    const position = originalPosition(this.map, '', line, column - 1)
    return position.file === '' ? null : position
  }

  stack(text: string): string {
    return text.replace(FRAME, (frame, hash: string, line: string, column: string) => {
      const position = this.original(hash, Number(line), Number(column))
      return position === null ? frame : `${position.file}:${position.line}:${position.column}`
    })
  }

  /** The innermost place of a stack that is in the user's own files, else in any shipped one. */
  thrownAt(text: string): Position | undefined {
    const places = [...text.matchAll(FRAME)].flatMap(([, hash, line, column]) => {
      const position = this.original(hash!, Number(line), Number(column))
      return position === null ? [] : [position]
    })
    return places.find(({ file }) => !file.includes(`${sep}node_modules${sep}`)) ?? places[0]
  }
}

/**
 * The same failure with the stacks of shipped functions, its own and those of its causes, in the user's files, and with
 * `place.at` where the error was thrown.
 */
export function mapFailure(failure: Failure, shipped: ShippedModule): Failure {
  const stacks = [...failure.causes.map(cause => cause.stack), failure.stack]
  if (!stacks.some(stack => stack?.includes(`${shipped.hash}.mjs`))) return failure
  const map = new StackMap(shipped)
  let thrown: Position | undefined
  for (const stack of stacks) thrown ??= stack === undefined ? undefined : map.thrownAt(stack)
  return {
    ...failure,
    place: thrown === undefined ? failure.place : { ...failure.place, at: positionText(thrown) },
    ...(failure.stack === undefined ? {} : { stack: map.stack(failure.stack) }),
    causes: failure.causes.map(cause =>
      cause.stack === undefined ? cause : { ...cause, stack: map.stack(cause.stack) },
    ),
  }
}

const LINES_AROUND = 1

/**
 * The lines around `at` (`file:line` or `file:line:column`) with a mark at the column, for people; undefined when the
 * file cannot be read.
 */
export function codeFrame(at: string): string | undefined {
  const match = /^(.*?):(\d+)(?::(\d+))?$/.exec(at)
  if (match === null) return undefined
  const line = Number(match[2])
  const column = match[3] === undefined ? undefined : Number(match[3])
  try {
    const lines = readFileSync(pathOfUrl(match[1]!) ?? match[1]!, 'utf8').split(/\r\n?|\n/)
    const first = Math.max(1, line - LINES_AROUND)
    const last = Math.min(lines.length, line + LINES_AROUND)
    const width = String(last).length
    const frame: string[] = []
    for (let number = first; number <= last; number++) {
      frame.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${lines[number - 1]}`)
      if (number === line && column !== undefined)
        frame.push(`  ${' '.repeat(width)} | ${' '.repeat(column - 1)}^`)
    }
    return line > lines.length ? undefined : frame.join('\n')
  } catch {
    return undefined
  }
}
