/** KeptOutput: of batches, the rows that are kept, under the schema of all rows that there were. */
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { castBatch } from '../batch/cast.ts'
import { columnNamed, columnNames } from '../batch/column-named.ts'
import type { Schema } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import { unknownColumn } from '../batch/unknown-column.ts'

/**
 * The result has the columns and types of all rows that came, whichever were kept: which rows an operator forgets, or
 * sends elsewhere for want of memory, must not show. So the last rows are held until the end, when everything is known.
 *
 * Memory: one batch.
 */
export class KeptOutput {
  readonly #operator: string
  readonly #batchBytes: number
  /** Columns that must be somewhere. */
  readonly #missing: Set<string>
  #schema: Schema | null = null
  #rows: BatchAppender | null = null
  /** What `#rows` has. */
  #held: Schema | null = null

  constructor(options: {
    readonly columns: readonly string[]
    readonly operator: string
    readonly batchBytes?: number
  }) {
    this.#operator = options.operator
    this.#batchBytes = options.batchBytes ?? BATCH_BYTES
    this.#missing = new Set(options.columns)
  }

  /** Counted bytes in memory. */
  get sizeBytes(): number {
    return this.#rows?.sizeBytes ?? 0
  }

  /** Takes notice of a batch; gives it under the schema of everything so far. */
  meet(batch: Batch): Batch {
    this.#schema = unifySchemas(this.#schema, batch.schema, { operator: this.#operator })!
    for (const name of this.#missing) if (columnNamed(batch, name) !== null) this.#missing.delete(name)
    return castBatch(batch, this.#schema)
  }

  /** Keeps the rows `rows[0] … rows[count - 1]` of a batch that `meet` gave. */
  keep(batch: Batch, rows: Int32Array, count: number, emit: (batch: Batch) => void): void {
    for (let from = 0; from < count; ) {
      const full = this.#rows !== null && this.#isFull(this.#rows)
      if (full || this.#held !== batch.schema) {
        const held = this.#rows?.build() ?? null
        if (held !== null) emit(held)
        this.#held = batch.schema
        this.#rows = new BatchAppender(batch.schema)
      }
      const appender = this.#rows!
      const to = Math.min(count, from + BATCH_ROWS - appender.rows)
      appender.append(batch, rows, from, to)
      from = to
    }
  }

  #isFull(appender: BatchAppender): boolean {
    return appender.rows >= BATCH_ROWS || appender.sizeBytes >= this.#batchBytes
  }

  /** The rows that are left, of the schema of everything. @throws UNKNOWN_COLUMN for a column that no batch had. */
  finish(): Batch | null {
    if (this.#schema === null) return null
    for (const column of this.#missing) throw unknownColumn(this.#operator, column, columnNames(this.#schema))
    const rest = this.#rows?.build() ?? null
    this.#rows = null
    return rest === null ? null : castBatch(rest, this.#schema)
  }

  /** Rows that were kept elsewhere, under the schema of everything. */
  cast(batch: Batch): Batch {
    return castBatch(batch, this.#schema!)
  }
}
