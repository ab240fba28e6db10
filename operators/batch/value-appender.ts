/** ValueAppender: the contract of the per-column writers that a BatchBuilder feeds JavaScript values. */
import { DunlinError, type ErrorCode } from '../errors.ts'
import type { Column } from './batch.ts'
import type { ColumnType } from './column-type.ts'
import { previewOf } from './preview.ts'
import { typeText } from './schema.ts'
import { kindOf, kindText, refusalHint } from './value-kind.ts'

/** What all appenders of one builder share. */
export interface BuilderState {
  readonly operator: string
  readonly declared: boolean
  /** An appender for columns that hold such values. (Here, so that appenders of nested values need no factory.) */
  appenderFor(value: unknown, place: ColumnPlace): ValueAppender
  /** The record being added, for messages. */
  record: unknown
  /** Bytes of column data since the last build; counted, not measured. */
  bytes: number
}

/**
 * Writes the values of one column. `append` returns the appender to use from now on: itself, or its successor once
 * a column that held nothing but nulls has met its first value.
 */
export interface ValueAppender {
  /** The type so far; the same object as long as it does not change. */
  readonly type: ColumnType
  /** Rows since the last `take`. */
  readonly length: number
  append(value: unknown): ValueAppender
  appendNulls(rows: number): void
  /** The rows so far as a column that owns its memory; the type is kept, the rows are gone. */
  take(): Column
}

/** Where an appender stands in the record, and how it complains. */
export class ColumnPlace {
  readonly builder: BuilderState
  /** `amount`, `address.city`, `tags[]`. */
  readonly path: string
  readonly depth: number
  /** A preview of the record that gave the column its type. */
  #first = ''

  constructor(builder: BuilderState, path: string, depth: number) {
    this.builder = builder
    this.path = path
    this.depth = depth
  }

  field(name: string): ColumnPlace {
    return new ColumnPlace(this.builder, this.path === '' ? name : `${this.path}.${name}`, this.depth + 1)
  }

  item(): ColumnPlace {
    return new ColumnPlace(this.builder, `${this.path}[]`, this.depth + 1)
  }

  /** Remembers the record that gave the column its type. Taken at once: the record may be changed later. */
  typed(): this {
    if (!this.builder.declared) this.#first = previewOf(this.builder.record)
    return this
  }

  /** A value that is not of the column's type; `is` says why, where the kind of the value does not. */
  mismatch(type: ColumnType, value: unknown, is?: string): never {
    if (kindOf(value) === undefined) this.refuse(value)
    const { declared, record } = this.builder
    const given = is ?? kindText(value)
    if (declared) {
      throw this.error(
        'TYPE_MISMATCH',
        `column "${this.path}" is declared ${typeText(type)} but was given ${given}: ${previewOf(value)}`,
        { hint: 'Convert the value, or change the declared schema.' },
      )
    }
    throw this.error(
      'TYPE_MISMATCH',
      `column "${this.path}" holds ${typeText(type)} and ${given}: first ${this.#first}, now ${previewOf(record)}`,
      { hint: 'Make the values of the column one type, or declare a schema.' },
    )
  }

  /** A value that no column can hold. */
  refuse(value: unknown): never {
    const where = this.path === '' ? 'a record' : `column "${this.path}"`
    throw this.error('TYPE_MISMATCH', `${where} was given ${kindText(value)}, which no column can hold`, {
      hint: refusalHint(value),
    })
  }

  error(code: ErrorCode, message: string, options: { readonly hint: string }): DunlinError {
    return new DunlinError(code, message, {
      hint: options.hint,
      place: { operator: this.builder.operator, record: previewOf(this.builder.record) },
    })
  }
}
