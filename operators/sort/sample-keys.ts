/** SampleKeys: evenly spread positions of a task's rows, for splitters. */
import { BATCH_BYTES, type Batch } from '../batch/batch.ts'
import { grown, NO_BYTES, NO_OFFSETS } from '../batch/growing.ts'
import { sliceBatch } from '../batch/take.ts'
import type { Emit, Operator } from '../operator.ts'
import { hashNumber } from '../partition/murmur.ts'
import type { SampleKeysSpec } from '../spec.ts'
import { encodeSortKeys } from './order-key.ts'
import { pickRows } from './pick-rows.ts'
import { RowGatherer } from './row-gatherer.ts'
import { MAX_ROWS } from './row-ref.ts'
import { SAMPLE_SCHEMA, sampleBatch } from './sample-schema.ts'

export interface SampleKeysOptions extends Omit<SampleKeysSpec, 'op' | 'input'> {
  readonly env: { readonly task: { readonly index: number } }
}

/**
 * Takes one row of k: those whose hash, of task and row number, ends in log2 k zeros. k begins at 1; when there are
 * too many samples, or their keys are too long, about every other one goes and k doubles. So the samples are the same however the rows are divided
 * into batches; and no period in the data can hide from them, as it could from every k-th row.
 */
export class SampleKeys implements Operator {
  readonly #options: SampleKeysOptions
  #step = 1
  /** Rows seen. */
  #seen = 0
  #count = 0
  /** Keys of the samples, and the index of each among the rows seen. */
  #bytes: Uint8Array = NO_BYTES
  #offsets: Int32Array = NO_OFFSETS
  #indexes = new Float64Array(0)

  constructor(options: SampleKeysOptions) {
    this.#options = options
  }

  push(batch: Batch): void {
    for (let at = 0; at < batch.length; at += MAX_ROWS) this.#sample(sliceBatch(batch, at, at + MAX_ROWS))
  }

  #sample(batch: Batch): void {
    const rows = this.#taken(batch.length)
    const count = rows.length
    const chosen = count === batch.length ? batch : pickRows(batch.schema, [batch], rows)
    const { bytes, offsets } = encodeSortKeys(chosen, this.#options.keys)
    const used = this.#offsets[this.#count]!
    this.#bytes = grown(this.#bytes, used + bytes.length)
    this.#bytes.set(bytes, used)
    this.#offsets = grown(this.#offsets, this.#count + count + 1)
    this.#indexes = grown(this.#indexes, this.#count + count)
    for (let i = 0; i < count; i++) {
      this.#offsets[this.#count + i + 1] = used + offsets[i + 1]!
      this.#indexes[this.#count + i] = this.#seen + rows[i]!
    }
    this.#count += count
    this.#seen += batch.length
    const { rows: most, keyBytes } = this.#options
    while (this.#count > 1 && (this.#count > most || this.#keyBytes > keyBytes)) this.#halve()
  }

  /** Of the next rows, those that are samples. */
  #taken(length: number): Int32Array {
    const mask = this.#step - 1
    const rows = new Int32Array(length)
    let count = 0
    for (let row = 0; row < length; row++)
      if ((this.#hash(this.#seen + row) & mask) === 0) rows[count++] = row
    return rows.subarray(0, count)
  }

  #hash(index: number): number {
    return hashNumber(index, this.#options.env.task.index)
  }

  get #keyBytes(): number {
    return this.#offsets[this.#count]!
  }

  /** Keeps the samples that twice the step takes: about every other one. */
  #halve(): void {
    const mask = 2 * this.#step - 1
    let kept = 0
    let used = 0
    for (let i = 0; i < this.#count; i++) {
      if ((this.#hash(this.#indexes[i]!) & mask) !== 0) continue
      const from = this.#offsets[i]!
      const to = this.#offsets[i + 1]!
      this.#bytes.copyWithin(used, from, to)
      used += to - from
      this.#indexes[kept++] = this.#indexes[i]!
      this.#offsets[kept] = used
    }
    this.#count = kept
    this.#step *= 2
  }

  finish(emit: Emit): void {
    const { fraction, env } = this.#options
    const count = this.#count
    const keys = {
      bytes: this.#bytes.subarray(0, this.#keyBytes),
      offsets: this.#offsets.subarray(0, count + 1),
    }
    const rows = this.#indexes.subarray(0, count).map(index => Math.floor(index / fraction))
    const samples = sampleBatch(keys, env.task.index, rows, this.#step / fraction)
    const gatherer = new RowGatherer({ schema: SAMPLE_SCHEMA, maxBytes: BATCH_BYTES })
    for (const batch of gatherer.pass(samples, 0, count)) emit(batch)
    for (const batch of gatherer.rest()) emit(batch)
  }
}
