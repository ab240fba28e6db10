/** `dataset.write`: the sinks. */
import type { WriteFormat } from '../../operators/index.ts'
import type { LogicalNode, WriteMode } from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import { Output } from './output.ts'
import type { Columns } from './record-types.ts'

/** What each sink takes besides its directory. */
export interface WriteOptions {
  /**
   * What to do about a directory that holds something: `fail` (default), `overwrite` (the old files go when the new
   * ones are complete), or `append`.
   */
  readonly mode?: WriteMode
}

/** Records that are bytes: Uint8Arrays, or objects that hold one as `value` and nothing else but a `key`. */
type AreBytes<T> = [T] extends [readonly unknown[]]
  ? false
  : [Columns<T>] extends [{ readonly value: Uint8Array }]
    ? Exclude<keyof Columns<T>, 'key' | 'value'> extends never
      ? true
      : false
    : false

const MODES: readonly WriteMode[] = ['fail', 'overwrite', 'append']

/**
 * Writes a directory of parts `part-00000.<ext>` … whose names sort in the order of the data, and last a `_SUCCESS`
 * manifest. The directory must be absent or empty unless `mode` says otherwise; a relative one is below the engine's
 * `base`.
 *
 * Each sink throws `INVALID_ARGUMENT` at once when `uri` is empty or `mode` unknown. All others that it names are
 * what `run` rejects with, as is `OUTPUT_NOT_EMPTY`.
 *
 * @example
 * await from(['a']).write.text('out/letters/').run()
 * await from(['b']).write.text('out/letters/', { mode: 'overwrite' }).run()
 * await read.text('out/letters/').collect() // ['b']
 */
export class Writer<T> {
  readonly #node: LogicalNode

  /** Comes from `dataset.write`. */
  constructor(node: LogicalNode) {
    this.#node = node
  }

  /**
   * A line per record, which must be a scalar: `part-00000.txt` …
   *
   * @throws DunlinError `TYPE_MISMATCH` when a record is null or no scalar (`INVALID_PLAN` where the plan shows it);
   * `BAD_RECORD` when a text holds a line feed or ends in a carriage return
   *
   * @example
   * await range(3).map(n => `line ${n}`).write.text('out/lines/').run()
   * await read.text('out/lines/').take(1) // ['line 0']
   */
  text(uri: string, options: WriteOptions = {}): Output {
    return this.#output('text', uri, options)
  }

  /**
   * A JSON value per line, as `JSON.stringify` has it, but missing fields are null and bigints have all their digits:
   * `part-00000.jsonl` …
   *
   * @example
   * await from([{ id: 7n, note: null }]).write.jsonl('out/rows/').run()
   * await read.text('out/rows/').collect() // ['{"id":7,"note":null}']
   */
  jsonl(uri: string, options: WriteOptions = {}): Output {
    return this.#output('jsonl', uri, options)
  }

  /**
   * Comma-separated values with a header in each part: `part-00000.csv` … Null is empty, the empty string is `""`.
   *
   * @throws DunlinError `TYPE_MISMATCH` when a column holds lists or objects, or there is no column
   *
   * @example
   * await from([{ name: 'Ann', age: 36 }]).write.csv('out/people/').run()
   * await read.text('out/people/').collect() // ['name,age', 'Ann,36']
   */
  csv(uri: string, options: WriteOptions = {}): Output {
    return this.#output('csv', uri, options)
  }

  /**
   * Arrow IPC files, for other tools: `part-00000.arrow` … (Arrow files cannot be read by `read` yet.)
   *
   * @example
   * const report = await range(3).write.arrow('out/numbers/').run()
   * report.outputs.map(({ parts, rows }) => ({ parts, rows })) // [{ parts: 1, rows: 3 }]
   */
  arrow(uri: string, options: WriteOptions = {}): Output {
    return this.#output('arrow', uri, options)
  }

  /**
   * Bytes one after another, nothing between them: what `read.records` reads. The records are those that it gives, or
   * Uint8Arrays, or objects `{ value }` with one (a `key` beside it is taken for a part of it and not written); all of
   * one length: `part-00000.bin` …
   *
   * @throws DunlinError `TYPE_MISMATCH` when a record is null, empty or no bytes, or two of a part differ in length
   *
   * @example
   * await from([new Uint8Array([2, 7]), new Uint8Array([1, 8])]).write.records('out/two/').run()
   * const sorted = read.records('out/two/', { length: 2, key: [0, 1] }).sortBy('key')
   * await sorted.map(record => record.value[1]).collect() // [8, 7]
   */
  records(
    this: AreBytes<T> extends true ? Writer<T> : never,
    uri: string,
    options: WriteOptions = {},
  ): Output {
    const self = this as Writer<T>
    return self.#output('records', uri, options)
  }

  #output(format: WriteFormat, uri: string, { mode = 'fail' }: WriteOptions): Output {
    argument.text(`write.${format}`, 'uri', uri)
    argument.oneOf(`write.${format}`, 'mode', mode, MODES)
    const at = userCallSite()
    return new Output({
      kind: 'write',
      input: this.#node,
      uri,
      format,
      mode,
      ...(at === undefined ? {} : { at }),
    })
  }
}
