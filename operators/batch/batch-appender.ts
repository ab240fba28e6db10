/** BatchAppender: gathers rows of many batches into one. */
import type { Batch } from './batch.ts'
import type { ColumnGatherer } from './column-gatherer.ts'
import type { Schema } from './column-type.ts'
import { gathererOf } from './gatherer-factory.ts'

/**
 * Collects chosen rows of batches of one schema (cast them first). What `build` gives owns its memory.
 *
 * @example
 * const appender = new BatchAppender(batch.schema)
 * appender.append(batch, Int32Array.of(4, 2, 2), 0, 3)
 * appender.build() // rows 4, 2 and 2 of the batch
 */
export class BatchAppender {
  readonly #schema: Schema
  readonly #columns: readonly ColumnGatherer[]
  #rows = 0

  constructor(schema: Schema) {
    this.#schema = schema
    this.#columns = schema.fields.map(f => gathererOf(f.type))
  }

  get rows(): number {
    return this.#rows
  }

  /** Counted bytes of the rows so far, as `batchBytes` would count them but for the validity of null rows. */
  get sizeBytes(): number {
    let bytes = 0
    for (const column of this.#columns) bytes += column.sizeBytes
    return bytes
  }

  /** Before the first row: that as much will come as the batch holds is likely. Saves growing. */
  reserveLike(batch: Batch): void {
    const columns = this.#columns
    for (let i = 0; i < columns.length; i++) columns[i]!.reserveLike?.(batch.columns[i]!)
  }

  /** Appends the rows `rows[from] … rows[to - 1]` of the batch, in that order. */
  append(batch: Batch, rows: Int32Array, from: number, to: number): void {
    const columns = this.#columns
    for (let i = 0; i < columns.length; i++) columns[i]!.append(batch.columns[i]!, rows, from, to)
    this.#rows += to - from
  }

  /** Appends the rows `start … end - 1` of the batch. */
  appendRange(batch: Batch, start: number, end: number): void {
    const columns = this.#columns
    for (let i = 0; i < columns.length; i++) columns[i]!.appendRange(batch.columns[i]!, start, end)
    this.#rows += end - start
  }

  /** The rows so far, null where there are none; the appender is empty afterwards. */
  build(): Batch | null {
    if (this.#rows === 0) return null
    const batch = { schema: this.#schema, length: this.#rows, columns: this.#columns.map(c => c.take()) }
    this.#rows = 0
    return batch
  }
}
