/** NullAppender: the appender of a column whose type is not known yet. */
import type { Column } from './batch.ts'
import type { ColumnType } from './column-type.ts'
import type { ColumnPlace, ValueAppender } from './value-appender.ts'

const NULL: ColumnType = { kind: 'null' }

/** A column that has met nothing but nulls: becomes what its first value asks for, unless null is declared. */
export class NullAppender implements ValueAppender {
  readonly type = NULL
  length = 0
  readonly #place: ColumnPlace

  constructor(place: ColumnPlace) {
    this.#place = place
  }

  append(value: unknown): ValueAppender {
    if (value === null || value === undefined) {
      this.length++
      return this
    }
    if (this.#place.builder.declared) this.#place.mismatch(this.type, value)
    const successor = this.#place.builder.appenderFor(value, this.#place)
    if (this.length > 0) successor.appendNulls(this.length)
    return successor.append(value)
  }

  appendNulls(rows: number): void {
    this.length += rows
  }

  take(): Column {
    const length = this.length
    this.length = 0
    return { type: { kind: 'null' }, length, nullCount: length, validity: null }
  }
}
