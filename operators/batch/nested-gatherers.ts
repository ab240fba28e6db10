/** Gatherers of lists and structs. */
import type { Column, ListColumn, StructColumn } from './batch.ts'
import { type ColumnGatherer, RowNulls } from './column-gatherer.ts'
import { grownUnset, NO_OFFSETS } from './growing.ts'

export class ListGatherer implements ColumnGatherer {
  readonly #type: ListColumn['type']
  readonly #nulls = new RowNulls()
  readonly #item: ColumnGatherer
  #offsets: Int32Array = NO_OFFSETS

  constructor(type: ListColumn['type'], item: ColumnGatherer) {
    this.#type = type
    this.#item = item
  }

  get sizeBytes(): number {
    return 4 * (this.#nulls.length + 1) + this.#item.sizeBytes
  }

  append(column: Column, rows: Int32Array, from: number, to: number): void {
    const { offsets, item } = column as ListColumn
    const length = this.#nulls.length
    this.#offsets = grownUnset(this.#offsets, length + to - from + 1)
    let used = this.#offsets[length]!
    for (let i = from; i < to; i++) {
      const start = offsets[rows[i]!]!
      const end = offsets[rows[i]! + 1]!
      if (start < end) this.#item.appendRange(item, start, end)
      used += end - start
      this.#offsets[length + i - from + 1] = used
    }
    this.#nulls.append(column, rows, from, to)
  }

  appendRange(column: Column, start: number, end: number): void {
    const { offsets, item } = column as ListColumn
    const length = this.#nulls.length
    this.#offsets = grownUnset(this.#offsets, length + end - start + 1)
    const shift = this.#offsets[length]! - offsets[start]!
    for (let row = start; row < end; row++)
      this.#offsets[length + row - start + 1] = offsets[row + 1]! + shift
    this.#item.appendRange(item, offsets[start]!, offsets[end]!)
    this.#nulls.appendRange(column, start, end)
  }

  take(): Column {
    const nulls = this.#nulls.take()
    const offsets = this.#offsets.subarray(0, nulls.length + 1)
    this.#offsets = NO_OFFSETS
    return { type: this.#type, ...nulls, offsets, item: this.#item.take() }
  }
}

export class StructGatherer implements ColumnGatherer {
  readonly #type: StructColumn['type']
  readonly #nulls = new RowNulls()
  readonly #children: readonly ColumnGatherer[]

  constructor(type: StructColumn['type'], children: readonly ColumnGatherer[]) {
    this.#type = type
    this.#children = children
  }

  get sizeBytes(): number {
    return this.#children.reduce((bytes, child) => bytes + child.sizeBytes, 0)
  }

  reserveLike(column: Column): void {
    const { children } = column as StructColumn
    for (let i = 0; i < children.length; i++) this.#children[i]!.reserveLike?.(children[i]!)
  }

  append(column: Column, rows: Int32Array, from: number, to: number): void {
    const { children } = column as StructColumn
    for (let i = 0; i < children.length; i++) this.#children[i]!.append(children[i]!, rows, from, to)
    this.#nulls.append(column, rows, from, to)
  }

  appendRange(column: Column, start: number, end: number): void {
    const { children } = column as StructColumn
    for (let i = 0; i < children.length; i++) this.#children[i]!.appendRange(children[i]!, start, end)
    this.#nulls.appendRange(column, start, end)
  }

  take(): Column {
    return { type: this.#type, ...this.#nulls.take(), children: this.#children.map(c => c.take()) }
  }
}
