/** FieldsAppender: spreads plain objects over the columns of their fields. */
import type { Column } from './batch.ts'
import type { Field } from './column-type.ts'
import { NullAppender } from './null-appender.ts'
import type { ColumnPlace, ValueAppender } from './value-appender.ts'

/**
 * The columns of a struct, or of records that are objects; columns stand in the order of first appearance.
 * With a declared schema, properties outside of it are dropped (as Spark does): the schema says what is wanted.
 */
export class FieldsAppender {
  readonly #place: ColumnPlace
  readonly #names: string[] = []
  readonly #columns: ValueAppender[] = []
  readonly #index = new Map<string, number>()
  #length = 0
  #fields: readonly Field[] = []

  constructor(
    place: ColumnPlace,
    declared: readonly { readonly name: string; readonly column: ValueAppender }[],
  ) {
    this.#place = place
    for (const field of declared) this.#addColumn(field.name, field.column)
  }

  /** The fields so far; the same array as long as no type changes. */
  get fields(): readonly Field[] {
    const columns = this.#columns
    let same = columns.length === this.#fields.length
    for (let i = 0; same && i < columns.length; i++) same = this.#fields[i]!.type === columns[i]!.type
    if (!same) this.#fields = columns.map((column, i) => ({ name: this.#names[i]!, type: column.type }))
    return this.#fields
  }

  append(record: object): void {
    const names = this.#names
    const columns = this.#columns
    let at = 0
    // for-in costs no array of keys. It may show inherited names, but only own ones can become columns.
    for (const name in record) {
      if (names[at] !== name) {
        this.#appendFrom(record as Record<string, unknown>, at)
        return
      }
      const column = columns[at]!
      const next = column.append((record as Record<string, unknown>)[name])
      if (next !== column) columns[at] = next
      at++
    }
    for (; at < columns.length; at++) columns[at]!.appendNulls(1)
    this.#length++
  }

  /** The general way, for records whose keys are not exactly the columns; the first `done` columns are written. */
  #appendFrom(record: Record<string, unknown>, done: number): void {
    const columns = this.#columns
    const row = this.#length
    const keys = Object.keys(record)
    let expected = done
    for (let k = done; k < keys.length; k++) {
      const name = keys[k]!
      // Records that only lack some fields have the others in column order: look ahead before asking the index.
      let at = expected
      while (at < columns.length && this.#names[at] !== name) at++
      if (at === columns.length) at = this.#index.get(name) ?? this.#newColumn(name)
      else expected = at + 1
      if (at < 0) continue
      columns[at] = columns[at]!.append(record[name])
    }
    for (const column of columns) if (column.length === row) column.appendNulls(1)
    this.#length++
  }

  /** A column may stay nothing but nulls: its name is part of what the records are. */
  #newColumn(name: string): number {
    if (this.#place.builder.declared) return -1
    const column = new NullAppender(this.#place.field(name))
    column.appendNulls(this.#length)
    return this.#addColumn(name, column)
  }

  #addColumn(name: string, column: ValueAppender): number {
    if (!name.isWellFormed()) {
      throw this.#place.error(
        'TYPE_MISMATCH',
        'the name of a column has a lone surrogate, which UTF-8 cannot hold',
        {
          hint: 'Name the property by well-formed text: name.toWellFormed() makes it so.',
        },
      )
    }
    const at = this.#columns.length
    this.#names.push(name)
    this.#columns.push(column)
    this.#index.set(name, at)
    return at
  }

  appendNulls(rows: number): void {
    for (const column of this.#columns) column.appendNulls(rows)
    this.#length += rows
  }

  take(): readonly Column[] {
    this.#length = 0
    return this.#columns.map(column => column.take())
  }
}
