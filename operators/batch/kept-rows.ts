/** KeptRows: of batches, the rows that are kept, as batches that are worth handing on. */
import type { Emit } from '../operator.ts'
import { BATCH_BYTES, BATCH_ROWS, type Batch } from './batch.ts'
import { BatchAppender } from './batch-appender.ts'
import type { Schema } from './column-type.ts'
import { sameSchema } from './schema.ts'
import { batchBytes } from './size.ts'

/**
 * A batch that is kept whole is handed on as it is, if it is large enough; otherwise rows are gathered until there
 * are enough of them. Rows keep their order and their types.
 *
 * Memory: two batches.
 */
export class KeptRows {
  #appender: BatchAppender | null = null
  #schema: Schema | null = null

  /** Keeps the rows `rows[0] … rows[count - 1]` of the batch, which ascend. */
  push(batch: Batch, rows: Int32Array, count: number, emit: Emit): void {
    if (count === 0) return
    const whole = count === batch.length
    if (this.#schema === null || !sameSchema(this.#schema, batch.schema)) {
      this.finish(emit)
      this.#schema = batch.schema
      this.#appender = new BatchAppender(batch.schema)
    }
    const appender = this.#appender!
    if (whole && appender.rows === 0 && isLarge(batch)) {
      emit(batch)
      return
    }
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + BATCH_ROWS - appender.rows)
      if (whole) appender.appendRange(batch, from, to)
      else appender.append(batch, rows, from, to)
      from = to
      if (appender.rows === BATCH_ROWS || appender.sizeBytes >= BATCH_BYTES) this.finish(emit)
    }
  }

  /** Hands on what is left; more may be pushed afterwards. */
  finish(emit: Emit): void {
    const batch = this.#appender?.build() ?? null
    if (batch !== null) emit(batch)
  }
}

const isLarge = (batch: Batch): boolean =>
  batch.length >= BATCH_ROWS / 2 || batchBytes(batch) >= BATCH_BYTES / 2
