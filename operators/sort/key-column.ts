/** KeyColumn: one column on its way into encoded keys, with the key's direction and place of nulls. */
import type { Column } from '../batch/batch.ts'
import { bitAt } from '../batch/growing.ts'
import type { SortKeySpec } from '../spec.ts'
import { AFTER, BEFORE, invert, VALUE, type ValueEncoder } from './value-encoder.ts'
import { valueEncoder } from './value-encoder-factory.ts'

/**
 * The bytes of a key are a marker that tells nulls from values, and then the value. The marker does not turn round with
 * the direction; the value's bytes are inverted for `desc`.
 */
export class KeyColumn {
  readonly #encoder: ValueEncoder
  readonly #validity: Uint8Array | null
  /** Nothing but nulls. */
  readonly #absent: boolean
  readonly #nullMarker: number
  readonly #inverted: boolean

  /**
   * @param column null stands for nothing but nulls
   * @param place the last key of a row may end where its bytes end; an inner one has to say where
   * @param part of fixed-length values, what of them is the key
   */
  constructor(
    column: Column | null,
    key: SortKeySpec,
    place: 'inner' | 'last',
    part?: readonly [offset: number, length: number],
  ) {
    this.#inverted = key.direction === 'desc'
    this.#nullMarker = key.nulls === 'first' ? BEFORE : AFTER
    this.#absent = column === null || column.type.kind === 'null'
    this.#validity = column === null || column.nullCount === 0 ? null : column.validity
    const ending = place === 'last' && !this.#inverted ? 'open' : 'closed'
    this.#encoder = valueEncoder(column, { ending, name: key.name ?? key.column, ...(part && { part }) })
  }

  /** Adds the bytes that row i takes to `sizes[i + 1]`. */
  addSizes(sizes: Int32Array): void {
    const encoder = this.#encoder
    const validity = this.#validity
    const fixed = encoder.fixedBytes
    const rows = sizes.length - 1
    if (this.#absent) for (let row = 0; row < rows; row++) sizes[row + 1]! += 1
    else if (validity === null && fixed !== null) {
      for (let row = 0; row < rows; row++) sizes[row + 1]! += 1 + fixed
    } else {
      for (let row = 0; row < rows; row++) {
        sizes[row + 1]! += 1 + (validity === null || bitAt(validity, row) ? encoder.size(row) : 0)
      }
    }
  }

  /** Writes row i from `ends[i + 1]` on, which is moved to behind what was written. */
  write(out: Uint8Array, ends: Int32Array): void {
    const encoder = this.#encoder
    const validity = this.#validity
    const rows = ends.length - 1
    if (this.#absent) {
      for (let row = 0; row < rows; row++) out[ends[row + 1]!++] = this.#nullMarker
    } else if (validity === null && !this.#inverted && encoder.writeAll !== undefined) {
      encoder.writeAll(out, ends)
    } else {
      for (let row = 0; row < rows; row++) {
        const at = ends[row + 1]!
        if (validity !== null && !bitAt(validity, row)) {
          out[at] = this.#nullMarker
          ends[row + 1] = at + 1
        } else {
          out[at] = VALUE
          const end = encoder.write(row, out, at + 1)
          if (this.#inverted) invert(out, at + 1, end)
          ends[row + 1] = end
        }
      }
    }
  }
}
