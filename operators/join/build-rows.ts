/** BuildRows: the rows of a join's built side that are in memory, side by side in one batch. */
import type { Batch, Column } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { castBatch, nullColumn } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { grown } from '../batch/growing.ts'
import { unifySchemas } from '../batch/schema.ts'

const SEQUENCE_BYTES = 8

/** Rows of a built side. */
export interface BuiltRows {
  readonly batch: Batch
  /** The same with a row of nulls after the last: what streamed rows that match nothing are given. */
  readonly padded: Batch
  /** The numbers of the rows among all that were built; null where they were given none. */
  readonly sequence: Float64Array | null
}

export class BuildRows {
  readonly #operator: string
  #schema: Schema | null
  #appender: BatchAppender | null = null
  #sequence: Float64Array | null = null

  /** @param options.schema where it is known what all rows will have */
  constructor(options: { readonly operator: string; readonly schema: Schema | null }) {
    this.#operator = options.operator
    this.#schema = options.schema
  }

  get rows(): number {
    return this.#appender?.rows ?? 0
  }

  /** Counted bytes. */
  get sizeBytes(): number {
    return (this.#appender?.sizeBytes ?? 0) + (this.#sequence === null ? 0 : SEQUENCE_BYTES * this.rows)
  }

  add(batch: Batch, sequence: Float64Array | null): void {
    const appender = this.#appenderOf(batch.schema)
    if (sequence !== null) {
      this.#sequence = grown(this.#sequence ?? new Float64Array(0), this.rows + batch.length)
      this.#sequence.set(sequence, this.rows)
    }
    appender.appendRange(castBatch(batch, this.#schema!), 0, batch.length)
  }

  /**
   * The rows so far, null where no schema is known; it is empty afterwards.
   *
   * @param schema what they are to have, where other rows have more
   */
  take(schema: Schema | null = this.#schema): BuiltRows | null {
    if (schema === null) return null
    const { rows } = this
    const own = this.#schema ?? schema
    const appender = this.#appender ?? new BatchAppender(own)
    appender.appendRange(nullRow(own), 0, 1)
    const padded = castBatch(appender.build()!, schema)
    const sequence = this.#sequence?.subarray(0, rows) ?? null
    this.#appender = null
    this.#sequence = null
    return { batch: { ...padded, length: rows, columns: padded.columns.map(unpadded) }, padded, sequence }
  }

  /** One that takes rows of this schema and those before it. */
  #appenderOf(schema: Schema): BatchAppender {
    const before = this.#schema
    this.#schema = unifySchemas(before, schema, { operator: this.#operator })!
    if (this.#appender === null || this.#schema !== before) {
      const narrower = this.#appender?.build() ?? null
      this.#appender = new BatchAppender(this.#schema)
      if (narrower !== null) this.#appender.appendRange(castBatch(narrower, this.#schema), 0, narrower.length)
    }
    return this.#appender
  }
}

const nullRow = (schema: Schema): Batch => ({
  schema,
  length: 1,
  columns: schema.fields.map(field => nullColumn(field.type, 1)),
})

/** The column without its last row, which is null; its memory is shared. */
function unpadded(column: Column): Column {
  const nullCount = column.nullCount - 1
  return {
    ...column,
    length: column.length - 1,
    nullCount,
    validity: nullCount === 0 ? null : column.validity,
  }
}
