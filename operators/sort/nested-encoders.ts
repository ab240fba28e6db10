/** Encoders of lists and structs. */
import type { Column, ListColumn, StructColumn } from '../batch/batch.ts'
import { bitAt } from '../batch/growing.ts'
import { closedSize, writeClosed } from './bytes-encoders.ts'
import { AFTER, BEFORE, VALUE, type ValueEncoder } from './value-encoder.ts'

/** Behind the last item: shorter lists come first. */
const LIST_END = BEFORE
/** Behind the last field that is not null: what follows would be null, and nulls come last. */
const STRUCT_END = AFTER

/** The values of an item or field, and which rows have one. */
class Part {
  readonly #encoder: ValueEncoder
  readonly #validity: Uint8Array | null
  readonly #absent: boolean

  constructor(column: Column, encoder: ValueEncoder) {
    this.#encoder = encoder
    this.#validity = column.nullCount === 0 ? null : column.validity
    this.#absent = column.type.kind === 'null'
  }

  has(row: number): boolean {
    return !this.#absent && (this.#validity === null || bitAt(this.#validity, row))
  }

  size(row: number): number {
    return this.#encoder.size(row)
  }

  write(row: number, out: Uint8Array, at: number): number {
    return this.#encoder.write(row, out, at)
  }
}

/** Items one after another, each behind a marker; null items come after all others. */
export class ListEncoder implements ValueEncoder {
  readonly fixedBytes = null
  readonly #offsets: Int32Array
  readonly #items: Part

  /** @param item a closed encoder of its items */
  constructor(column: ListColumn, item: ValueEncoder) {
    this.#offsets = column.offsets
    this.#items = new Part(column.item, item)
  }

  size(row: number): number {
    const end = this.#offsets[row + 1]!
    let size = 1
    for (let i = this.#offsets[row]!; i < end; i++) size += 1 + (this.#items.has(i) ? this.#items.size(i) : 0)
    return size
  }

  write(row: number, out: Uint8Array, at: number): number {
    const end = this.#offsets[row + 1]!
    for (let i = this.#offsets[row]!; i < end; i++) {
      if (this.#items.has(i)) {
        out[at] = VALUE
        at = this.#items.write(i, out, at + 1)
      } else out[at++] = AFTER
    }
    out[at] = LIST_END
    return at + 1
  }
}

/**
 * The fields that are not null with their names, by the bytes of the names: batches may have the fields in another
 * order, or lack some. Where one struct has a field that the other lacks, its name or the end of the other decides as
 * a null that comes last would.
 */
export class StructEncoder implements ValueEncoder {
  readonly fixedBytes = null
  readonly #fields: readonly { readonly name: Buffer; readonly part: Part }[]

  /** @param children closed encoders of its fields */
  constructor(column: StructColumn, children: readonly ValueEncoder[]) {
    this.#fields = column.type.fields
      .map((field, i) => ({
        name: Buffer.from(field.name),
        part: new Part(column.children[i]!, children[i]!),
      }))
      .sort((a, b) => Buffer.compare(a.name, b.name))
  }

  size(row: number): number {
    let size = 1
    for (const { name, part } of this.#fields) {
      if (part.has(row)) size += 1 + closedSize(name, 0, name.length) + part.size(row)
    }
    return size
  }

  write(row: number, out: Uint8Array, at: number): number {
    for (const { name, part } of this.#fields) {
      if (!part.has(row)) continue
      out[at] = VALUE
      at = part.write(row, out, writeClosed(name, 0, name.length, out, at + 1))
    }
    out[at] = STRUCT_END
    return at + 1
  }
}
