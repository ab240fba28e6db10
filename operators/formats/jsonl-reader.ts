/** JsonlReader: a JSON value per line. */
import { isAscii, isUtf8 } from 'node:buffer'
import { BatchBuilder } from '../batch/batch-builder.ts'
import type { Schema } from '../batch/column-type.ts'
import { RecordCheck } from '../batch/record-check.ts'
import { DunlinError, withoutStacks } from '../errors.ts'
import type { Emit } from '../operator.ts'
import type { BadRecords } from '../rows/bad-records.ts'
import { jsonLineParser } from './json-value.ts'
import { LineFramer, type LineRange, type LineRun, linePlace } from './line-framer.ts'
import { decodeRepaired } from './repair-utf8.ts'
import type { SplitReader, SplitReaderOptions } from './split-reader.ts'

const OPERATOR = 'Scan jsonl'
const PREVIEW_CHARS = 120
/** What JSON calls white space; `trim` would take more. */
const BLANK = /^[ \t\r]*$/
const SPACE = 32

/**
 * Blank lines are skipped. A line is an object (a column per property, `__proto__` too), an array of two (a pair), or
 * anything else that is not an array (a scalar); one file holds one of these shapes. Invalid UTF-8 becomes U+FFFD.
 */
export class JsonlReader implements SplitReader {
  invalidText = 0
  badOffset = -1
  readonly #framer: LineFramer
  readonly #range: LineRange
  readonly #bad: BadRecords | undefined
  /** Where bad records are skipped: tells those from two records that do not go together. */
  readonly #check: RecordCheck | null
  /** Lines of the range before the run that is being taken. */
  #linesBefore = 0
  readonly #builder: BatchBuilder
  readonly #parse: (line: string) => unknown
  #columns: readonly string[] | undefined
  #first = true

  constructor(range: LineRange, options: { readonly schema?: Schema } & SplitReaderOptions) {
    const schema = options.schema && prunedSchema(options.schema, options.columns)
    this.#framer = new LineFramer(range)
    this.#range = range
    const operator = { operator: OPERATOR, ...(schema === undefined ? {} : { schema }) }
    this.#builder = new BatchBuilder(operator)
    this.#bad = options.bad
    this.#check = options.bad === undefined ? null : new RecordCheck(operator)
    this.#parse = jsonLineParser(schema)
    // A declared schema drops other properties by itself.
    this.#columns = schema === undefined ? options.columns : undefined
  }

  get from(): number {
    return this.#framer.from
  }

  push(bytes: Uint8Array, emit: Emit): boolean {
    const push = () => this.#framer.push(bytes, run => this.#take(run, emit))
    return this.#bad === undefined ? push() : withoutStacks(push)
  }

  finish(emit: Emit): void {
    const finish = () => this.#framer.finish(run => this.#take(run, emit))
    if (this.#bad === undefined) finish()
    else withoutStacks(finish)
    this.#emit(emit)
  }

  #take(run: LineRun, emit: Emit): void {
    const { bytes, starts, stops, count } = run
    const start = starts[0]!
    const text = decodeValid(bytes, start, stops[count - 1]!)
    if (text === null) {
      for (let i = 0; i < count; i++) {
        const line = decodeRepaired(bytes.subarray(starts[i], stops[i]))
        this.invalidText += line.replaced
        this.#add(line.text, run, i, emit)
      }
    } else {
      for (let i = 0, at = 0; i < count; i++) {
        const feed = i === count - 1 ? text.length : text.indexOf('\n', at)
        this.#add(text.slice(at, feed), run, i, emit)
        at = feed + 1
      }
    }
    this.#linesBefore += count
  }

  #add(line: string, run: LineRun, i: number, emit: Emit): void {
    if (line.length === 0 || (line.charCodeAt(0) <= SPACE && BLANK.test(line))) return
    let record: unknown
    try {
      record = this.#recordOf(line)
    } catch (error) {
      this.#skipOrThrow(error, line, run, i)
      return
    }
    try {
      this.#builder.add(record)
    } catch (error) {
      throw this.#located(error, line, run, i)
    }
    if (this.#builder.isFull()) this.#emit(emit)
  }

  /** @throws BAD_RECORD; where bad records are skipped, also whatever makes the record a bad one. */
  #recordOf(line: string): unknown {
    const record = this.#pruned(this.#parseLine(line))
    const refusal = this.#check?.refusal(record) ?? null
    if (refusal !== null) throw refusal
    return record
  }

  #skipOrThrow(error: unknown, line: string, run: LineRun, i: number): void {
    const bad = this.#bad
    if (bad !== undefined && error instanceof DunlinError) {
      const offset = run.offset + run.starts[i]!
      const at = linePlace(this.#range, this.#linesBefore + i + 1, offset)
      if (bad.skipText(error.at({ operator: OPERATOR, record: linePreview(line), at }), line)) return
    }
    throw this.#located(error, line, run, i)
  }

  /** The error, with what it is about; `badOffset` says where that is. */
  #located(error: unknown, line: string, run: LineRun, i: number): unknown {
    this.badOffset = run.offset + run.starts[i]!
    return error instanceof DunlinError ? error.at({ record: linePreview(line) }) : error
  }

  #parseLine(line: string): unknown {
    try {
      return this.#parse(line)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new DunlinError('BAD_RECORD', `${this.#range.uri} has a line that is not JSON: ${why}`, {
        cause,
        hint: 'Each line must hold one whole JSON value. Is the file pretty-printed, or one large array?',
      })
    }
  }

  #pruned(record: unknown): unknown {
    if (this.#columns === undefined) return record
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return record
    if (this.#first) {
      this.#first = false
      // A name that the first record does not have may be misspelt: whoever finds out has to see all that there are.
      if (!this.#columns.every(name => Object.hasOwn(record, name))) {
        this.#columns = undefined
        return record
      }
    }
    const kept: Record<string, unknown> = {}
    for (const name of this.#columns) {
      if (!Object.hasOwn(record, name)) continue
      const value = (record as Record<string, unknown>)[name]
      if (name !== '__proto__') kept[name] = value
      else Object.defineProperty(kept, name, { value, enumerable: true })
    }
    return kept
  }

  #emit(emit: Emit): void {
    const batch = this.#builder.build()
    if (batch !== null) emit(batch)
  }
}

/** The text of bytes that are UTF-8; null where they are not. */
function decodeValid(bytes: Uint8Array, from: number, to: number): string | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from)
  if (isAscii(view)) return view.toString('latin1')
  return isUtf8(view) ? view.toString() : null
}

function linePreview(line: string): string {
  return line.length > PREVIEW_CHARS ? `${line.slice(0, PREVIEW_CHARS)}…` : line
}

/** The schema that remains of `schema` when only `columns` are read. */
function prunedSchema(schema: Schema, columns: readonly string[] | undefined): Schema {
  if (columns === undefined || schema.shape !== 'object') return schema
  return { shape: 'object', fields: schema.fields.filter(field => columns.includes(field.name)) }
}
