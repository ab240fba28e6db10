/** ColumnGatherer: copies chosen rows of columns into a growing column of the same type. */
import type { Column } from './batch.ts'
import { bitAt, NullMask } from './growing.ts'

export interface ColumnGatherer {
  /** Bytes of data so far, counted. */
  readonly sizeBytes: number
  /** Room for as much as the column holds, where nothing was appended yet. */
  reserveLike?(column: Column): void
  append(column: Column, rows: Int32Array, from: number, to: number): void
  appendRange(column: Column, start: number, end: number): void
  /**
   * The rows so far as a column that owns its memory: the grown arrays themselves, at most twice as long as needed,
   * since a copy would cost as much as gathering did. Empty afterwards.
   */
  take(): Column
}

/** Null bookkeeping that every gatherer but that of null columns has. */
export class RowNulls {
  length = 0
  readonly #mask = new NullMask()

  append(column: Column, rows: Int32Array, from: number, to: number): void {
    const { validity, nullCount } = column
    if (nullCount > 0 && validity !== null) {
      const at = this.length - from
      for (let i = from; i < to; i++) if (!bitAt(validity, rows[i]!)) this.#mask.add(at + i)
    }
    this.length += to - from
  }

  appendRange(column: Column, start: number, end: number): void {
    const { validity, nullCount } = column
    if (nullCount > 0 && validity !== null) {
      const at = this.length - start
      for (let row = start; row < end; row++) if (!bitAt(validity, row)) this.#mask.add(at + row)
    }
    this.length += end - start
  }

  take(): { length: number; nullCount: number; validity: Uint8Array | null } {
    const { length } = this
    this.length = 0
    return { length, ...this.#mask.take(length) }
  }
}
