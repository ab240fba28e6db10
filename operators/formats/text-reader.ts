/** TextReader: a record per line, from the bytes of the file to a utf8 column without a string between. */
import { isUtf8 } from 'node:buffer'
import { BATCH_BYTES, BATCH_ROWS, type BytesColumn } from '../batch/batch.ts'
import type { Schema } from '../batch/column-type.ts'
import { DunlinError } from '../errors.ts'
import type { Emit } from '../operator.ts'
import type { BadRecords } from '../rows/bad-records.ts'
import { LineFramer, type LineRange, type LineRun, linePlace } from './line-framer.ts'
import { decodeRepaired, repairUtf8 } from './repair-utf8.ts'
import type { SplitReader } from './split-reader.ts'

const TEXT_SCHEMA: Schema = { shape: 'scalar', fields: [{ name: 'value', type: { kind: 'utf8' } }] }
const UTF8 = TEXT_SCHEMA.fields[0]!.type as BytesColumn['type']

/** Below this a loop copies a line faster than a call does. */
const SHORT_LINE_BYTES = 48
const FIRST_ROWS = 1024
const FIRST_BYTES = 64 << 10
const PREVIEW_BYTES = 80

export class TextReader implements SplitReader {
  invalidText = 0
  badOffset = -1
  readonly #framer: LineFramer
  readonly #range: LineRange
  readonly #onInvalid: 'replace' | 'fail'
  readonly #bad: BadRecords | undefined
  /** Lines of the range before the run that is being taken. */
  #linesBefore = 0
  #bytes = new Uint8Array(0)
  #used = 0
  #offsets = new Int32Array(0)
  #rows = 0
  /** Bytes that the next batch is likely to need. */
  #expected = FIRST_BYTES

  constructor(
    range: LineRange,
    options: { readonly onInvalid: 'replace' | 'fail'; readonly bad?: BadRecords },
  ) {
    this.#framer = new LineFramer(range)
    this.#range = range
    this.#onInvalid = options.onInvalid
    this.#bad = options.bad
  }

  get from(): number {
    return this.#framer.from
  }

  push(bytes: Uint8Array, emit: Emit): boolean {
    return this.#framer.push(bytes, run => this.#take(run, emit))
  }

  finish(emit: Emit): void {
    this.#framer.finish(run => this.#take(run, emit))
    this.#emit(emit)
  }

  #take(run: LineRun, emit: Emit): void {
    // Line feeds are kept in what is checked: a sequence cut short by one must not join the next line's bytes.
    const valid = isUtf8(run.bytes.subarray(run.starts[0], run.stops[run.count - 1]))
    if (valid) this.#append(run, 0, run.count, emit)
    else for (let i = 0; i < run.count; i++) this.#appendDoubtful(run, i, emit)
    this.#linesBefore += run.count
  }

  #appendDoubtful(run: LineRun, i: number, emit: Emit): void {
    const line = run.bytes.subarray(run.starts[i], run.stops[i])
    if (isUtf8(line)) {
      this.#append(run, i, i + 1, emit)
      return
    }
    if (this.#onInvalid === 'fail') {
      this.#skipOrThrow(line, run, i)
      return
    }
    const repaired = repairUtf8(line)
    this.invalidText += repaired.replaced
    const starts = new Int32Array([0])
    const stops = new Int32Array([repaired.bytes.length])
    this.#append({ bytes: repaired.bytes, offset: 0, count: 1, starts, stops }, 0, 1, emit)
  }

  #skipOrThrow(line: Uint8Array, run: LineRun, i: number): void {
    const error = new DunlinError('BAD_RECORD', `${this.#range.uri} holds bytes that are not UTF-8`, {
      hint: "Convert the file to UTF-8, or read it with onInvalid: 'replace'.",
      place: { record: JSON.stringify(decodeRepaired(line.subarray(0, PREVIEW_BYTES)).text) },
    })
    const offset = run.offset + run.starts[i]!
    if (this.#bad !== undefined) {
      const at = linePlace(this.#range, this.#linesBefore + i + 1, offset)
      if (this.#bad.skipText(error.at({ operator: 'Scan text', at }), decodeRepaired(line).text)) return
    }
    this.badOffset = offset
    throw error
  }

  /** Lines `first` to `last` of the run, which are valid UTF-8. */
  #append(run: LineRun, first: number, last: number, emit: Emit): void {
    const { bytes: from, starts, stops } = run
    for (let i = first; i < last; ) {
      const next = this.#reserve(run, i, last)
      if (next === i) this.#emit(emit)
      const to = this.#bytes
      const offsets = this.#offsets
      let rows = this.#rows
      let used = this.#used
      for (; i < next; i++) {
        const start = starts[i]!
        const stop = stops[i]!
        if (stop - start < SHORT_LINE_BYTES) for (let k = start; k < stop; k++) to[used++] = from[k]!
        else {
          to.set(from.subarray(start, stop), used)
          used += stop - start
        }
        offsets[++rows] = used
      }
      this.#rows = rows
      this.#used = used
    }
  }

  /**
   * Makes room for as many of the lines from `first` on as the batch still takes, and says where they end. An empty
   * batch takes one line, however long. Looks at the lines alone, so batches do not depend on how bytes arrived.
   */
  #reserve({ starts, stops }: LineRun, first: number, last: number): number {
    const stop = Math.min(last, first + BATCH_ROWS - this.#rows)
    let bytes = this.#used
    let next = first
    for (; next < stop; next++) {
      const length = stops[next]! - starts[next]!
      if (bytes + length > BATCH_BYTES && this.#rows + next - first > 0) break
      bytes += length
    }
    const rows = this.#rows + next - first
    if (rows >= this.#offsets.length) {
      const bigger = new Int32Array(Math.min(BATCH_ROWS + 1, Math.max(FIRST_ROWS, 2 * rows + 1)))
      bigger.set(this.#offsets.subarray(0, this.#rows + 1))
      this.#offsets = bigger
    }
    if (bytes > this.#bytes.length) {
      const bigger = allocate(Math.max(bytes, Math.min(BATCH_BYTES, Math.max(this.#expected, 2 * bytes))))
      bigger.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = bigger
    }
    return next
  }

  #emit(emit: Emit): void {
    const rows = this.#rows
    if (rows === 0) return
    const offsets = shrunk(this.#offsets, rows + 1)
    const bytes = shrunk(this.#bytes, this.#used)
    const column: BytesColumn = { type: UTF8, length: rows, nullCount: 0, validity: null, offsets, bytes }
    this.#expected = this.#used + (this.#used >> 3)
    // What was handed over is no longer ours.
    this.#offsets = new Int32Array(0)
    this.#bytes = new Uint8Array(0)
    this.#rows = 0
    this.#used = 0
    emit({ schema: TEXT_SCHEMA, length: rows, columns: [column] })
  }
}

/** Not zeroed, since all that is handed over is written; not pooled, since it is handed over. */
function allocate(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
}

/** What was written: as a view, or as a copy where the view would keep much more memory alive than it shows. */
function shrunk<T extends Int32Array | Uint8Array>(array: T, length: number): T {
  return (length < array.length >> 1 ? array.slice(0, length) : array.subarray(0, length)) as T
}
