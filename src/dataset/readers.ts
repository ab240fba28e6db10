/** Where datasets come from: files, iterables, ranges of numbers. */
import { DunlinError } from '../../operators/index.ts'
import { type Source, scanNode } from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import { Dataset } from './dataset.ts'
import { declaredSchema, type RecordOf, type SchemaOption } from './schema-option.ts'

/** What each reader takes. */
export interface ReadOptions {
  /** Bytes of input a task reads. Default: the total / 32, not under 1 MiB and not over 64 MiB. */
  readonly splitBytes?: number
}

/** What `read.text` takes. */
export interface ReadTextOptions extends ReadOptions {
  /** What to do about bytes that are not UTF-8: `replace` (default; U+FFFD, counted in the report) or `fail`. */
  readonly onInvalid?: 'replace' | 'fail'
}

/** What `read.jsonl` takes with a schema. */
export interface ReadJsonlOptions<S extends SchemaOption> extends ReadOptions {
  /** Declares the columns; without it they are inferred from the values. */
  readonly schema: S
}

/** What `read.records` takes. */
export interface ReadRecordsOptions extends ReadOptions {
  /** Bytes of a record, at least 1. */
  readonly length: number
  /** Where in each record its key lies. Default: the whole record is its key. */
  readonly key?: readonly [offset: number, length: number]
}

/** A record of fixed length: all its bytes, and those among them that are its key. */
export interface FixedRecord {
  /** A view on a part of `value`. */
  readonly key: Uint8Array
  readonly value: Uint8Array
}

function scan<T>(verb: string, source: Source, options: ReadOptions): Dataset<T> {
  if (options.splitBytes !== undefined) argument.whole(verb, 'splitBytes', options.splitBytes, 1)
  return new Dataset(scanNode(source, options.splitBytes, userCallSite()))
}

function uris(verb: string, uri: string | readonly string[]): readonly string[] {
  const all = typeof uri === 'string' ? [uri] : uri
  argument.whole(verb, 'the number of paths', all.length, 1)
  return all.map(one => argument.text(verb, 'a path', one))
}

/**
 * The readers. A path may be a file, a directory (all files below it but those whose names begin with `_` or `.`), or
 * a glob; a list of them is read in the order given. Relative ones are below the engine's `base`. `.gz` and `.zst`
 * files are decompressed.
 *
 * Each reader throws `INVALID_ARGUMENT` at once when there is no path, or an option is not what it may be. All others
 * that it names are what the action rejects with that runs the dataset.
 *
 * @example
 * await read.text(['books/b.txt', 'books/a.txt']).collect() // ['the ship', 'the whale the sea']
 */
export const read = {
  /**
   * A record per line: a string without its LF or CRLF.
   *
   * @throws DunlinError `NOT_FOUND` when a path does not exist or a glob matches nothing; `BAD_RECORD` when bytes are
   * not UTF-8 and `onInvalid` is `fail`; `TOO_LARGE` when a line is longer than 256 MiB
   *
   * @example
   * await read.text('books/*.txt').filter(line => line.includes('whale')).count() // 1
   */
  text(uri: string | readonly string[], options: ReadTextOptions = {}): Dataset<string> {
    const { onInvalid = 'replace' } = options
    argument.oneOf('read.text', 'onInvalid', onInvalid, ['replace', 'fail'])
    return scan(
      'read.text',
      { kind: 'files', uris: uris('read.text', uri), format: { format: 'text', onInvalid } },
      options,
    )
  },

  jsonl: readJsonl,

  /**
   * Records of fixed length, one after another with nothing between them: `value` is the whole record, `key` a view on
   * the part of it that `key` says, `[offset, length]`; without that, all of it. They stay bytes from file to file.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when `length` is not a whole number from 1 on, or the key does not lie
   * inside of it; `NOT_FOUND` when a path does not exist or a glob matches nothing; `BAD_RECORD` when the size of a
   * file is no multiple of `length`
   *
   * @example
   * await from([new Uint8Array([1, 9]), new Uint8Array([2, 8])]).write.records('out/pairs/').run()
   * const pairs = read.records('out/pairs/', { length: 2, key: [1, 1] })
   * await pairs.map(({ key, value }) => [key[0], value[0]]).collect() // [[9, 1], [8, 2]]
   */
  records(uri: string | readonly string[], options: ReadRecordsOptions): Dataset<FixedRecord> {
    argument.parts(
      'read.records',
      options,
      ['length'],
      "read.records('data/', { length: 100, key: [0, 10] })",
    )
    argument.known('read.records', options, ['length', 'key', 'splitBytes'])
    const length = argument.whole('read.records', 'length', options.length, 1)
    const key = keyRange(length, options.key)
    const format = { format: 'records' as const, length, key }
    return scan('read.records', { kind: 'files', uris: uris('read.records', uri), format }, options)
  },
}

function keyRange(length: number, key: readonly [number, number] = [0, length]): [number, number] {
  if (!Array.isArray(key) || key.length !== 2) {
    throw new DunlinError('INVALID_ARGUMENT', 'read.records: key must be [offset, length]')
  }
  const [offset, keyLength] = key as unknown[]
  const from = argument.whole('read.records', 'the offset of the key', offset, 0)
  const bytes = argument.whole('read.records', 'the length of the key', keyLength, 1)
  if (from + bytes <= length) return [from, bytes]
  throw new DunlinError(
    'INVALID_ARGUMENT',
    `read.records: the key [${from}, ${bytes}] does not lie inside of a record of ${length} bytes`,
  )
}

/**
 * A record per line of JSON; blank lines are skipped. Say what the records are, `read.jsonl<Order>('orders/')`, or
 * declare a schema, which is checked, and drops what it does not name.
 *
 * @throws DunlinError `NOT_FOUND` when a path does not exist or a glob matches nothing; `BAD_RECORD` when a line is
 * not JSON; `TYPE_MISMATCH` when a value is not of its declared type, or a column that is not declared holds two
 * types
 *
 * @example
 * const orders = read.jsonl('orders/', { schema: { customer: 'utf8', amount: 'float64' } })
 * await orders.take(1) // [{ customer: 'ann', amount: 12.5 }]
 */
function readJsonl<S extends SchemaOption>(
  uri: string | readonly string[],
  options: ReadJsonlOptions<S>,
): Dataset<RecordOf<S>>
function readJsonl<T = Record<string, unknown>>(
  uri: string | readonly string[],
  options?: ReadOptions,
): Dataset<T>
function readJsonl(
  uri: string | readonly string[],
  options: ReadOptions & { readonly schema?: SchemaOption } = {},
): object {
  const { schema } = options
  const format =
    schema === undefined
      ? { format: 'jsonl' as const }
      : { format: 'jsonl' as const, schema: declaredSchema(schema) }
  return scan('read.jsonl', { kind: 'files', uris: uris('read.jsonl', uri), format }, options)
}

/**
 * A dataset of the elements of an array or any (async) iterable. It is read once for each job, when the job is
 * submitted, and goes to the store in bounded memory. What it throws is what the action rejects with.
 *
 * @throws DunlinError `TYPE_MISMATCH` when an element is no record, or two differ in a column's type, as the job's
 * rejection
 *
 * @example
 * await from([3, 1, 2]).map(n => n * 2).collect() // [6, 2, 4]
 */
export function from<T>(values: Iterable<T> | AsyncIterable<T>): Dataset<T> {
  argument.iterable('from', values)
  return scan('from', { kind: 'values', values }, {})
}

/** What `range` takes. */
export interface RangeOptions {
  /** From one number to the next, at least 1. Default 1. */
  readonly step?: number
  /**
   * Numbers that a task gets. Default: a 32nd of them, at least 4,096 and at most 262,144. Say 1 where each number
   * stands for a lot of work.
   */
  readonly splitRows?: number
}

/**
 * The numbers from 0 to `n` − 1, or from `start` to before `end`.
 *
 * @throws DunlinError `INVALID_ARGUMENT` when one is not a whole number, or `step` or `splitRows` is below 1
 *
 * @example
 * await range(4).collect() // [0, 1, 2, 3]
 * @example
 * await range(10, 20, { step: 5 }).collect() // [10, 15]
 */
export function range(n: number, options?: RangeOptions): Dataset<number>
export function range(start: number, end: number, options?: RangeOptions): Dataset<number>
export function range(
  first: number,
  second?: number | RangeOptions,
  third: RangeOptions = {},
): Dataset<number> {
  const [start, end, { step = 1, splitRows }] =
    typeof second === 'number' ? [first, second, third] : [0, first, second ?? {}]
  argument.whole('range', 'start', start, Number.MIN_SAFE_INTEGER)
  argument.whole('range', 'end', end, Number.MIN_SAFE_INTEGER)
  argument.whole('range', 'step', step, 1)
  if (splitRows !== undefined) argument.whole('range', 'splitRows', splitRows, 1)
  const rows = splitRows === undefined ? {} : { splitRows }
  return scan('range', { kind: 'range', start, end: Math.max(start, end), step, ...rows }, {})
}
