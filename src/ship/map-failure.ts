/** Stacks of functions that ran on a worker, in the lines that the user wrote. */
import { readFileSync } from 'node:fs'
import { TraceMap } from '@jridgewell/trace-mapping'
import type { Failure } from '../../operators/index.ts'
import { isPackageFile } from './origin.ts'
import { isOwnFile } from './own-package.ts'
import type { ShippedModule } from './ship.ts'
import { originalPosition, type Position, pathOfUrl, positionText } from './source-position.ts'

/** One place in a stack: `(file:///…/<hash>.mjs:line:column)`, or the same without the parentheses. */
const FRAME = /[^\s()]*?([0-9a-f]{64})\.mjs:(\d+):(\d+)/g

/** A name of the generated module: the program's own with a number behind it, or one that the capture made up. */
const MODULE_NAME = /([\p{ID_Continue}$]+?)\$d\d+(?![\p{ID_Continue}$])/gu
const MADE_UP = /^\$(?:f|c|v|symbol|standIn|only)$/

function sourceNames(text: string): string {
  return text.replace(MODULE_NAME, (_, name: string) => (MADE_UP.test(name) ? '<anonymous>' : name))
}

/** What is needed of a module to tell of its errors. */
export type MappedModule = Pick<ShippedModule, 'hash' | 'sourceMap'>

class StackMap {
  private readonly map: TraceMap
  private readonly hash: string

  constructor({ hash, sourceMap }: MappedModule) {
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
    const names = new RegExp(`^( +at [^(\n]*)(?=\\([^()\n]*${this.hash}\\.mjs:)`, 'gm')
    return text
      .replace(names, sourceNames)
      .replace(FRAME, (frame, hash: string, line: string, column: string) => {
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
    return places.find(({ file }) => !isPackageFile(file) && !isOwnFile(file)) ?? places[0]
  }
}

/** Messages of V8 that name variables, as in `limit$d3 is not a function`, and the same with the program's names. */
function renamedMessages({ causes }: Failure, hash: string): [string, string][] {
  return causes.flatMap(({ name, message, stack }): [string, string][] => {
    const isOfV8 = /^(?:Type|Reference)Error$/.test(name) && stack?.includes(`${hash}.mjs`)
    const renamed = isOfV8 ? sourceNames(message) : message
    return renamed === message ? [] : [[message, renamed]]
  })
}

/**
 * The same failure in the words of the user's program: the stacks of shipped functions, its own and those of its
 * causes, are in the user's files, variables have their own names, and `place.at` is where the error was thrown.
 */
export function mapFailure(failure: Failure, shipped: MappedModule): Failure {
  const stacks = [...failure.causes.map(cause => cause.stack), failure.stack]
  if (!stacks.some(stack => stack?.includes(`${shipped.hash}.mjs`))) return failure
  const map = new StackMap(shipped)
  let thrown: Position | undefined
  for (const stack of stacks) thrown ??= stack === undefined ? undefined : map.thrownAt(stack)
  const renamed = renamedMessages(failure, shipped.hash)
  const text = (given: string) => renamed.reduce((t, [from, to]) => t.replace(from, () => to), given)
  const stackOf = ({ stack }: { readonly stack?: string }) =>
    stack === undefined ? {} : { stack: map.stack(text(stack)) }
  return {
    ...failure,
    message: text(failure.message),
    place: thrown === undefined ? failure.place : { ...failure.place, at: positionText(thrown) },
    ...stackOf(failure),
    causes: failure.causes.map(cause => ({ ...cause, message: text(cause.message), ...stackOf(cause) })),
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
