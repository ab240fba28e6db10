/** Merges numbered rows of several sources into the order of their numbers. */
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import { sliceBatch } from '../batch/take.ts'
import type { AsyncEmit } from '../operator.ts'
import { sequenceOf, withoutSequence } from './sequence.ts'

/**
 * Gives all rows in the order of their numbers, without them. Each source is in that order itself; rows of one source
 * may share a number and stay as they stand, two sources have no number in common.
 *
 * Memory: two batches of each source and one of the result. Batches come with the schemas unified of what was read
 * so far. The iterators of all sources are returned, after an error too.
 *
 * @throws TYPE_MISMATCH where the schemas of two sources cannot be unified.
 */
export async function mergeBySequence(
  sources: readonly AsyncIterable<Batch>[],
  emit: AsyncEmit,
): Promise<void> {
  for await (const batch of mergedBySequence(sources)) await emit(withoutSequence(batch).batch)
}

/** The same with the numbers kept, for what is merged again; `batchBytes` is where batches are cut. */
export async function* mergedBySequence(
  sources: readonly AsyncIterable<Batch>[],
  { batchBytes = BATCH_BYTES }: { readonly batchBytes?: number } = {},
): AsyncGenerator<Batch> {
  const heads = sources.map(source => new Head(source[Symbol.asyncIterator]()))
  const merge = new Merge(batchBytes)
  try {
    while (true) {
      for (const head of heads) while (head.exhausted) await head.next()
      const active = heads.filter(head => !head.ended)
      if (active.length === 0) break
      // What was gathered is given before batches of another schema are, and before those that need no gathering.
      if (active.length === 1 || merge.full || merge.widens(active)) {
        const batch = merge.take()
        if (batch !== null) yield batch
      }
      if (active.length === 1) yield active[0]!.rest()
      else merge.round(active)
    }
    const batch = merge.take()
    if (batch !== null) yield batch
  } finally {
    for (const head of heads) await head.close()
  }
}

/** The batch of a source that is being merged. */
class Head {
  readonly #batches: AsyncIterator<Batch>
  batch: Batch | null = null
  numbers: Float64Array = new Float64Array(0)
  /** Rows before it have been taken. */
  row = 0
  ended = false

  constructor(batches: AsyncIterator<Batch>) {
    this.#batches = batches
  }

  get exhausted(): boolean {
    return !this.ended && this.row === this.numbers.length
  }

  get last(): number {
    return this.numbers[this.numbers.length - 1]!
  }

  async next(): Promise<void> {
    const { value, done } = await this.#batches.next()
    this.ended = done === true
    this.batch = done === true ? null : value
    this.numbers = this.batch === null ? new Float64Array(0) : sequenceOf(this.batch)
    this.row = 0
  }

  /** The rows that have not been taken. */
  rest(): Batch {
    const rest = sliceBatch(this.batch!, this.row, this.numbers.length)
    this.row = this.numbers.length
    return rest
  }

  /** The end of the rows whose numbers are at most `number`. */
  endOf(number: number): number {
    let from = this.row
    let to = this.numbers.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.numbers[middle]! <= number) from = middle + 1
      else to = middle
    }
    return from
  }

  /** Lets go of the source. Never throws: what went wrong before is what counts. */
  async close(): Promise<void> {
    if (!this.ended) await this.#batches.return?.().catch(() => undefined)
  }
}

/**
 * Rows are merged in rounds: everything up to the least of the heads' last numbers is known to be there. It is copied
 * side by side, which is fast in long ranges, and then gathered in order, which is fast by row numbers.
 */
class Merge {
  readonly #batchBytes: number
  #schema: Schema | null = null
  #merged: BatchAppender | null = null
  #order = new Int32Array(0)

  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes
  }

  get full(): boolean {
    const merged = this.#merged
    return merged !== null && (merged.rows >= BATCH_ROWS || merged.sizeBytes >= this.#batchBytes)
  }

  /** The heads' schemas are not within that of what was merged so far. */
  widens(heads: readonly Head[]): boolean {
    return this.#unified(heads) !== this.#schema
  }

  /** Takes of each head all rows that can be merged. */
  round(heads: readonly Head[]): void {
    const bound = heads.reduce((least, head) => Math.min(least, head.last), Number.POSITIVE_INFINITY)
    const ends = heads.map(head => head.endOf(bound))
    const schema = this.#unified(heads)
    if (schema !== this.#schema) this.#merged = null
    this.#schema = schema
    const side = new BatchAppender(schema)
    heads.forEach((head, h) => {
      if (ends[h]! > head.row) side.appendRange(castBatch(head.batch!, schema), head.row, ends[h]!)
    })
    const rows = side.build()!
    this.#merge(heads, ends, rows.length)
    this.#merged ??= new BatchAppender(schema)
    this.#merged.append(rows, this.#order, 0, rows.length)
  }

  /** What was merged and not given yet. */
  take(): Batch | null {
    return this.#merged?.build() ?? null
  }

  #unified(heads: readonly Head[]): Schema {
    return heads.reduce((all, head) => unifySchemas(all, head.batch!.schema), this.#schema)!
  }

  /** Writes where each row of the result stands among the rows side by side; the heads' rows have been taken then. */
  #merge(heads: readonly Head[], ends: readonly number[], rows: number): void {
    if (this.#order.length < rows) this.#order = new Int32Array(rows)
    const order = this.#order
    const starts = new Int32Array(heads.length)
    /** The numbers of the heads' next rows. */
    const next = new Float64Array(heads.length)
    let start = 0
    heads.forEach((head, h) => {
      starts[h] = start - head.row
      start += ends[h]! - head.row
      next[h] = head.row < ends[h]! ? head.numbers[head.row]! : Number.POSITIVE_INFINITY
    })
    for (let at = 0; at < rows; ) {
      let first = 0
      let least = next[0]!
      let second = Number.POSITIVE_INFINITY
      for (let h = 1; h < next.length; h++) {
        const number = next[h]!
        if (number < least) {
          second = least
          least = number
          first = h
        } else if (number < second) second = number
      }
      const head = heads[first]!
      const shift = starts[first]!
      const { numbers } = head
      const end = ends[first]!
      let row = head.row
      do order[at++] = shift + row++
      while (row < end && numbers[row]! < second)
      head.row = row
      next[first] = row < end ? numbers[row]! : Number.POSITIVE_INFINITY
    }
  }
}
