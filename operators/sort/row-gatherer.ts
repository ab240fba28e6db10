/** RowGatherer: rows of many batches, in a given order, as batches of a good size. */
import { BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import type { Schema } from '../batch/column-type.ts'
import { batchBytes } from '../batch/size.ts'
import { sliceBatch } from '../batch/take.ts'
import { pickRows } from './pick-rows.ts'
import { fixedRowBytes, rowBytes } from './row-bytes.ts'
import { batchOfRef, rowOfRef } from './row-ref.ts'

/** Memory: twice what a batch may have, besides the sources. */
export class RowGatherer {
  readonly #schema: Schema
  readonly #maxBytes: number
  readonly #fixedBytes: number | null
  /** Small pieces one after another. */
  readonly #out: BatchAppender

  /** @param options.maxBytes counted bytes that a batch has at most, if it has more than one row */
  constructor(options: { readonly schema: Schema; readonly maxBytes: number }) {
    const { schema, maxBytes } = options
    this.#schema = schema
    this.#maxBytes = maxBytes
    this.#fixedBytes = fixedRowBytes(schema.fields.map(field => field.type))
    this.#out = new BatchAppender(schema)
  }

  /**
   * Takes rows, as `rowRef`s to `batches`, behind those that it was given before, and gives the batches that are full.
   *
   * @param batches all of the gatherer's schema
   */
  *gather(batches: readonly Batch[], order: Int32Array): Generator<Batch> {
    const sizeOf = (i: number): number => rowBytes(batches[batchOfRef(order[i]!)]!, rowOfRef(order[i]!))
    for (let from = 0; from < order.length; ) {
      const to = this.#endOfPiece(from, order.length, sizeOf)
      yield* this.#give(pickRows(this.#schema, batches, order.subarray(from, to)))
      from = to
    }
  }

  /** Takes rows `from … to - 1` of one batch as they stand. */
  *pass(batch: Batch, from: number, to: number): Generator<Batch> {
    const sizeOf = (row: number): number => rowBytes(batch, row)
    while (from < to) {
      const end = this.#endOfPiece(from, to, sizeOf)
      yield* this.#give(sliceBatch(batch, from, end))
      from = end
    }
  }

  /** The rows that fill no batch. */
  *rest(): Generator<Batch> {
    const batch = this.#out.build()
    if (batch !== null) yield batch
  }

  /** Large batches as they are, small ones together. */
  *#give(batch: Batch): Generator<Batch> {
    const bytes = batchBytes(batch)
    const large = 2 * bytes >= this.#maxBytes || 2 * batch.length >= BATCH_ROWS
    if (large || this.#out.sizeBytes + bytes > this.#maxBytes || this.#out.rows + batch.length > BATCH_ROWS) {
      yield* this.rest()
    }
    if (large) yield batch
    else this.#out.appendRange(batch, 0, batch.length)
  }

  /** Where as many rows from `from` on as a batch may have end, at least one. */
  #endOfPiece(from: number, to: number, sizeOf: (i: number) => number): number {
    const most = Math.min(to, from + BATCH_ROWS)
    if (this.#fixedBytes !== null) {
      const rows = this.#fixedBytes === 0 ? BATCH_ROWS : Math.floor(this.#maxBytes / this.#fixedBytes)
      return Math.min(most, from + Math.max(1, rows))
    }
    let end = from
    for (let room = this.#maxBytes; end < most; end++) {
      room -= sizeOf(end)
      if (room < 0) break
    }
    return Math.max(end, from + 1)
  }
}
