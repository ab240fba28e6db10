/** Appenders of lists and structs. */
import type { Column } from './batch.ts'
import type { ColumnType, TypedArrayName } from './column-type.ts'
import type { FieldsAppender } from './fields-appender.ts'
import { grown, NullMask } from './growing.ts'
import { NumberAppender } from './number-appenders.ts'
import { Int64Appender } from './scalar-appenders.ts'
import type { ColumnPlace, ValueAppender } from './value-appender.ts'
import { isPlainObject, typedArrayItem, typedArrayName } from './value-kind.ts'

/** The rows of a list column: where each ends among the items, and which are null. */
class ListRows {
  length = 0
  readonly #place: ColumnPlace
  readonly #nulls = new NullMask()
  #offsets = new Int32Array(17)

  constructor(place: ColumnPlace) {
    this.#place = place
  }

  /** The row that is ended next is null. */
  markNull(): void {
    this.#nulls.add(this.length)
  }

  /** Ends a row, after `items` items in all. */
  end(items: number): void {
    const row = ++this.length
    if (row >= this.#offsets.length) this.#offsets = grown(this.#offsets, row + 1)
    this.#offsets[row] = items
    this.#place.builder.bytes += 4
  }

  endNulls(rows: number, items: number): void {
    this.#nulls.addRange(this.length, rows)
    this.#offsets = grown(this.#offsets, this.length + rows + 1)
    this.#offsets.fill(items, this.length + 1, this.length + rows + 1)
    this.length += rows
    this.#place.builder.bytes += 4 * rows
  }

  take() {
    const { length } = this
    this.length = 0
    return { length, ...this.#nulls.take(length), offsets: this.#offsets.slice(0, length + 1) }
  }
}

export class ListAppender implements ValueAppender {
  readonly #place: ColumnPlace
  readonly #rows: ListRows
  #item: ValueAppender
  #type: ColumnType & { readonly kind: 'list' }

  constructor(place: ColumnPlace, item: ValueAppender) {
    this.#place = place.typed()
    this.#rows = new ListRows(this.#place)
    this.#item = item
    this.#type = { kind: 'list', item: item.type, as: 'Array' }
  }

  get length(): number {
    return this.#rows.length
  }

  get type(): ColumnType & { readonly kind: 'list' } {
    const item = this.#item.type
    if (item !== this.#type.item) this.#type = { kind: 'list', item, as: 'Array' }
    return this.#type
  }

  append(value: unknown): ValueAppender {
    if (Array.isArray(value)) {
      let item = this.#item
      for (let i = 0; i < value.length; i++) item = item.append(value[i])
      this.#item = item
    } else {
      if (value !== null && value !== undefined) this.#place.mismatch(this.type, value)
      this.#rows.markNull()
    }
    this.#rows.end(this.#item.length)
    return this
  }

  appendNulls(rows: number): void {
    this.#rows.endNulls(rows, this.#item.length)
  }

  take(): Column {
    const { type } = this
    return { type, ...this.#rows.take(), item: this.#item.take() }
  }
}

/** Lists that came as typed arrays: copied whole. A plain array of fitting numbers is taken too where declared. */
export class TypedListAppender implements ValueAppender {
  readonly type: ColumnType & { readonly kind: 'list' }
  readonly #place: ColumnPlace
  readonly #rows: ListRows
  readonly #item: NumberAppender | Int64Appender

  constructor(place: ColumnPlace, as: TypedArrayName) {
    this.#place = place.typed()
    this.#rows = new ListRows(this.#place)
    const item = typedArrayItem(as)
    this.type = { kind: 'list', item, as }
    this.#item =
      item.kind === 'number'
        ? new NumberAppender(place.item(), item.width)
        : new Int64Appender(place.item(), 'bigint')
  }

  get length(): number {
    return this.#rows.length
  }

  append(value: unknown): ValueAppender {
    if (value === null || value === undefined) this.#rows.markNull()
    else if (typedArrayName(value) === this.type.as) this.#item.appendArray(value as never)
    else if (this.#place.builder.declared && Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        // A typed array cannot give a null back.
        if (value[i] === null || value[i] === undefined)
          this.#place.mismatch(this.type, value, 'a list with nulls')
        this.#item.append(value[i])
      }
    } else this.#place.mismatch(this.type, value)
    this.#rows.end(this.#item.length)
    return this
  }

  appendNulls(rows: number): void {
    this.#rows.endNulls(rows, this.#item.length)
  }

  take(): Column {
    const { type } = this
    return { type, ...this.#rows.take(), item: this.#item.take() }
  }
}

export class StructAppender implements ValueAppender {
  length = 0
  readonly #place: ColumnPlace
  readonly #nulls = new NullMask()
  readonly #fields: FieldsAppender
  #type: ColumnType & { readonly kind: 'struct' }

  constructor(place: ColumnPlace, fields: FieldsAppender) {
    this.#place = place.typed()
    this.#fields = fields
    this.#type = { kind: 'struct', fields: fields.fields }
  }

  get type(): ColumnType & { readonly kind: 'struct' } {
    const fields = this.#fields.fields
    if (fields !== this.#type.fields) this.#type = { kind: 'struct', fields }
    return this.#type
  }

  append(value: unknown): ValueAppender {
    if (typeof value === 'object' && value !== null && isPlainObject(value)) this.#fields.append(value)
    else {
      if (value !== null && value !== undefined) this.#place.mismatch(this.type, value)
      this.#nulls.add(this.length)
      this.#fields.appendNulls(1)
    }
    this.length++
    return this
  }

  appendNulls(rows: number): void {
    this.#nulls.addRange(this.length, rows)
    this.#fields.appendNulls(rows)
    this.length += rows
  }

  take(): Column {
    const { length, type } = this
    this.length = 0
    return { type, length, ...this.#nulls.take(length), children: this.#fields.take() }
  }
}
