/** RangeDivider: which partition of a range exchange a position belongs to, by the splitters between the partitions. */
import type { Batch, BytesColumn, NumberColumn } from '../batch/batch.ts'
import { columnNamed } from '../batch/column-named.ts'
import { DunlinError } from '../errors.ts'
import { compareEncoded, type EncodedKeys } from '../sort/order-key.ts'

/** Buckets of the table that says which splitters a key can lie between. */
const BUCKET_BITS = 16
const BUCKETS = 1 << BUCKET_BITS
const PREFIX_BYTES = 4

/**
 * A position is (encoded key, task, row number); partition p holds those from splitter p − 1 on to before splitter p.
 *
 * A key is compared by the eight bytes after those that all splitters share: the first four find, in a table of
 * evenly wide buckets, the few splitters that it may lie between, the other four decide nearly always, and only ties
 * are compared whole.
 */
export class RangeDivider {
  /** The distinct keys of the splitters, ascending. */
  readonly #keys: EncodedKeys
  /** Of each distinct key, the four bytes after the shared ones, and the four after those. */
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  /** Splitters before those of each distinct key; then all of them. */
  readonly #starts: Int32Array
  /** Of each splitter: the first row number of this task that is not before it, among rows of its key. */
  readonly #rows: Float64Array
  /** Of each distinct key: its splitters that rows of this task have reached. Rows only ever ascend. */
  readonly #reached: Int32Array
  /** Bytes that all splitters begin with. */
  readonly #shared: number
  /** Distinct keys in lower buckets, for each bucket; then all of them. */
  readonly #buckets = new Int32Array(BUCKETS + 1)
  readonly #shift: number
  #last = -1

  /**
   * @param splitters sorted: columns key (binary), task and row (float64)
   * @param task the index of the task whose rows are divided
   */
  constructor(splitters: Batch, task: number) {
    const { key, tasks, rows } = columnsOf(splitters)
    const { length } = splitters
    const firsts: number[] = []
    for (let s = 0; s < length; s++) {
      if (s === 0 || compareEncoded(key, s - 1, key, s) !== 0) firsts.push(s)
    }
    this.#keys = pick(key, firsts)
    this.#starts = Int32Array.from([...firsts, length])
    this.#rows = Float64Array.from({ length }, (_, s) => {
      if (tasks[s] === task) return rows[s]!
      return tasks[s]! < task ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    })
    this.#reached = new Int32Array(firsts.length)
    this.#shared = sharedBytes(this.#keys, firsts.length)
    this.#high = Uint32Array.from(firsts, (_, u) => this.#wordOf(this.#keys, u, 0))
    this.#low = Uint32Array.from(firsts, (_, u) => this.#wordOf(this.#keys, u, PREFIX_BYTES))
    const span = firsts.length === 0 ? 0 : this.#high.at(-1)! - this.#high[0]!
    this.#shift = Math.max(0, 32 - BUCKET_BITS - Math.clz32(span))
    for (const word of this.#high) this.#buckets[((word - this.#high[0]!) >>> this.#shift) + 1]!++
    for (let b = 0; b < BUCKETS; b++) this.#buckets[b + 1]! += this.#buckets[b]!
  }

  /** Partitions that there are rows for: one more than splitters. */
  get partitions(): number {
    return this.#rows.length + 1
  }

  /** The partition of each row, into `out`; row i has the number `firstRow + i`, which must rise from call to call. */
  divide(keys: EncodedKeys, length: number, firstRow: number, out: Uint32Array): void {
    if (firstRow <= this.#last)
      throw new DunlinError('INTERNAL', 'rows are divided in the order of their numbers')
    this.#last = firstRow + length - 1
    for (let row = 0; row < length; row++) {
      const found = this.#find(keys, row)
      out[row] = found >= 0 ? this.#starts[found]! : this.#partitionAt(~found, firstRow + row)
    }
  }

  /** The first and the last partition that hold positions of each row's key. */
  spread(keys: EncodedKeys, length: number, first: Uint32Array, last: Uint32Array): void {
    for (let row = 0; row < length; row++) {
      const found = this.#find(keys, row)
      first[row] = this.#starts[found >= 0 ? found : ~found]!
      last[row] = found >= 0 ? first[row]! : this.#starts[~found + 1]!
    }
  }

  /** The distinct keys that are below the row's; complemented where the next one is the row's own. */
  #find(keys: EncodedKeys, row: number): number {
    const count = this.#high.length
    if (count === 0) return 0
    if (this.#shared > 0) {
      const side = this.#compareShared(keys, row)
      if (side !== 0) return side < 0 ? 0 : count
    }
    const high = this.#wordOf(keys, row, 0)
    const least = this.#high[0]!
    if (high < least) return 0
    const bucket = (high - least) >>> this.#shift
    if (bucket >= BUCKETS) return count
    let from = this.#buckets[bucket]!
    let to = this.#buckets[bucket + 1]!
    if (from === to) return from
    const low = this.#wordOf(keys, row, PREFIX_BYTES)
    while (from < to) {
      const middle = (from + to) >>> 1
      const order =
        high - this.#high[middle]! ||
        low - this.#low[middle]! ||
        compareEncoded(keys, row, this.#keys, middle)
      if (order === 0) return ~middle
      if (order < 0) to = middle
      else from = middle + 1
    }
    return from
  }

  #partitionAt(distinct: number, row: number): number {
    const start = this.#starts[distinct]!
    const count = this.#starts[distinct + 1]! - start
    let reached = this.#reached[distinct]!
    while (reached < count && this.#rows[start + reached]! <= row) reached++
    this.#reached[distinct] = reached
    return start + reached
  }

  /** How the row's first bytes stand to those that all splitters share. */
  #compareShared(keys: EncodedKeys, row: number): number {
    const start = keys.offsets[row]!
    const length = Math.min(this.#shared, keys.offsets[row + 1]! - start)
    const shared = this.#keys.bytes
    for (let i = 0; i < length; i++) {
      const order = keys.bytes[start + i]! - shared[i]!
      if (order !== 0) return order
    }
    return length - this.#shared
  }

  /** Four bytes after the shared ones as a number; 0 stands for bytes past the end. */
  #wordOf({ bytes, offsets }: EncodedKeys, row: number, skip: number): number {
    const at = offsets[row]! + this.#shared + skip
    const end = offsets[row + 1]!
    if (at + PREFIX_BYTES <= end) {
      return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
    }
    let word = 0
    for (let i = 0; i < PREFIX_BYTES; i++) word = (word << 8) | (at + i < end ? bytes[at + i]! : 0)
    return word >>> 0
  }
}

/** Bytes that the first and the last of the sorted keys begin with, and so all between. */
function sharedBytes({ bytes, offsets }: EncodedKeys, count: number): number {
  if (count === 0) return 0
  const last = offsets[count - 1]!
  const most = Math.min(offsets[1]!, offsets[count]! - last)
  let shared = 0
  while (shared < most && bytes[shared] === bytes[last + shared]) shared++
  return shared
}

function pick({ bytes, offsets }: EncodedKeys, rows: readonly number[]): EncodedKeys {
  const ends = new Int32Array(rows.length + 1)
  for (const [i, row] of rows.entries()) ends[i + 1] = ends[i]! + offsets[row + 1]! - offsets[row]!
  const picked = new Uint8Array(ends.at(-1)!)
  for (const [i, row] of rows.entries())
    picked.set(bytes.subarray(offsets[row]!, offsets[row + 1]!), ends[i]!)
  return { bytes: picked, offsets: ends }
}

function columnsOf(splitters: Batch): {
  readonly key: EncodedKeys
  readonly tasks: NumberColumn['values']
  readonly rows: NumberColumn['values']
} {
  const key = columnNamed(splitters, 'key')
  const task = columnNamed(splitters, 'task')
  const row = columnNamed(splitters, 'row')
  if (key?.type.kind !== 'binary' || task?.type.kind !== 'number' || row?.type.kind !== 'number') {
    throw new DunlinError('INTERNAL', 'splitters are records of key (binary), task and row (float64)')
  }
  const { bytes, offsets } = key as BytesColumn
  return { key: { bytes, offsets }, tasks: (task as NumberColumn).values, rows: (row as NumberColumn).values }
}
