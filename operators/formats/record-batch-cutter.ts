/** RecordBatchCutter: the same rows as the same batches, however they were cut before. */
import { BATCH_BYTES, BATCH_ROWS, type Batch, type Column } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import type { Schema } from '../batch/column-type.ts'
import { sliceBatch } from '../batch/take.ts'

/**
 * A batch ends before the row that would be its 65,537th, or would bring its data over 4 MiB. A row's bytes are
 * counted by itself, so that where a batch ends depends on the rows alone.
 */
export class RecordBatchCutter {
  readonly #waiting: BatchAppender
  #waitingBytes = 0

  constructor(schema: Schema) {
    this.#waiting = new BatchAppender(schema)
  }

  /** The batches that are complete; the batch pushed is of the cutter's schema. */
  *push(batch: Batch): Generator<Batch> {
    for (let from = 0; from < batch.length; ) {
      const to = this.#end(batch, from)
      // Whole batches out of a larger one are not copied.
      if (this.#waiting.rows === 0 && to < batch.length) yield sliceBatch(batch, from, to)
      else {
        this.#waiting.appendRange(batch, from, to)
        this.#waitingBytes += rangeBytes(batch.columns, from, to)
        if (to < batch.length) yield* this.finish()
      }
      from = to
    }
  }

  /** What waits for more rows. */
  *finish(): Generator<Batch> {
    this.#waitingBytes = 0
    const batch = this.#waiting.build()
    if (batch !== null) yield batch
  }

  /** Where the batch ends that row `from` is to go to: after as many rows as it has room for. */
  #end(batch: Batch, from: number): number {
    const most = Math.min(batch.length, from + BATCH_ROWS - this.#waiting.rows)
    const room = BATCH_BYTES - this.#waitingBytes
    // A row that is too large for any batch has one of its own.
    let least = this.#waiting.rows === 0 ? from + 1 : from
    let end = most
    while (least < end) {
      const middle = Math.ceil((least + end) / 2)
      if (rangeBytes(batch.columns, from, middle) <= room) least = middle
      else end = middle - 1
    }
    return least
  }
}

/** Counted so that rows add up: a bit as a byte, no validity. */
function rangeBytes(columns: readonly Column[], from: number, to: number): number {
  return columns.reduce((bytes, column) => bytes + columnBytes(column, from, to), 0)
}

function columnBytes(column: Column, from: number, to: number): number {
  const rows = to - from
  switch (column.type.kind) {
    case 'null':
      return 0
    case 'boolean':
      return rows
    case 'number':
    case 'int64':
    case 'timestamp':
      return rows * (column as Extract<Column, { values: unknown }>).values.BYTES_PER_ELEMENT
    case 'utf8':
    case 'binary': {
      const { offsets } = column as Extract<Column, { offsets: Int32Array }>
      return 4 * rows + offsets[to]! - offsets[from]!
    }
    case 'fixedBinary':
      return rows * column.type.byteLength
    case 'list': {
      const { offsets, item } = column as Extract<Column, { item: Column }>
      return 4 * rows + columnBytes(item, offsets[from]!, offsets[to]!)
    }
    case 'struct':
      return rangeBytes((column as Extract<Column, { children: readonly Column[] }>).children, from, to)
  }
}
