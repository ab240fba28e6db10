/** MergeSource: one sorted sequence of batches on its way through a merge, a batch at a time. */
import type { Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import type { SortKeySpec } from '../spec.ts'
import { compareEncoded, type EncodedKeys, encodeSortKeys } from './order-key.ts'

export class MergeSource {
  readonly #batches: AsyncIterator<Batch>
  readonly #schema: Schema
  readonly #sortKeys: readonly SortKeySpec[]
  #batch: Batch | null = null
  #keys: EncodedKeys | null = null
  /** Rows of the batch that were taken. */
  #taken = 0

  constructor(
    batches: AsyncIterable<Batch>,
    options: { readonly schema: Schema; readonly keys: readonly SortKeySpec[] },
  ) {
    this.#batches = batches[Symbol.asyncIterator]()
    this.#schema = options.schema
    this.#sortKeys = options.keys
  }

  get batch(): Batch {
    return this.#batch!
  }

  get keys(): EncodedKeys {
    return this.#keys!
  }

  get taken(): number {
    return this.#taken
  }

  /** Goes on to the next batch where all rows of this one were taken; false at the end. */
  async refill(): Promise<boolean> {
    while (this.#batch === null || this.#taken === this.#batch.length) {
      const next = await this.#batches.next()
      if (next.done === true) return false
      this.#batch = castBatch(next.value, this.#schema)
      this.#keys = encodeSortKeys(this.#batch, this.#sortKeys)
      this.#taken = 0
    }
    return true
  }

  take(to: number): void {
    this.#taken = to
  }

  /** Whether the batch's last row comes before that of the other's. */
  endsBefore(other: MergeSource): boolean {
    return compareEncoded(this.keys, this.batch.length - 1, other.keys, other.batch.length - 1) < 0
  }

  /** The row at which those end that come before the last one of `other`'s batch, or with it. */
  endOfThose(which: 'before' | 'before or with', other: MergeSource): number {
    const last = other.batch.length - 1
    let low = this.#taken
    let high = this.batch.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareEncoded(this.keys, middle, other.keys, last)
      if (order < 0 || (order === 0 && which === 'before or with')) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Lets its batches go. Never throws. */
  async close(): Promise<void> {
    try {
      await this.#batches.return?.()
    } catch {
      // Whatever made the merge end is what is reported.
    }
  }
}
