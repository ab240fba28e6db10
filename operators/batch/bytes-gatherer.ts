/** Gatherer of text and binary columns. */
import { DunlinError } from '../errors.ts'
import type { BytesColumn, Column } from './batch.ts'
import { type ColumnGatherer, RowNulls } from './column-gatherer.ts'
import { grownUnset, NO_BYTES, NO_OFFSETS, unset } from './growing.ts'

/** Copies up to here are made byte by byte, which beats a call into the runtime. */
const SHORT_COPY = 32
const MAX_BYTES = 0x7fff_ffff

export class BytesGatherer implements ColumnGatherer {
  readonly #type: BytesColumn['type']
  readonly #nulls = new RowNulls()
  #offsets: Int32Array = NO_OFFSETS
  #bytes: Uint8Array = NO_BYTES
  #used = 0

  constructor(type: BytesColumn['type']) {
    this.#type = type
  }

  get sizeBytes(): number {
    return 4 * (this.#nulls.length + 1) + this.#used
  }

  reserveLike(column: Column): void {
    const { offsets } = column as BytesColumn
    if (this.#offsets.length === 1) this.#offsets = unset(NO_OFFSETS, column.length + 1)
    this.#offsets[0] = 0
    if (this.#bytes.length === 0) this.#bytes = unset(NO_BYTES, offsets[column.length]!)
  }

  append(column: Column, rows: Int32Array, from: number, to: number): void {
    const source = column as BytesColumn
    const sourceOffsets = source.offsets
    const sourceBytes = source.bytes
    const length = this.#nulls.length
    const offsets = (this.#offsets = grownUnset(this.#offsets, length + to - from + 1))
    let used = this.#used
    const at = length - from + 1
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      used += sourceOffsets[row + 1]! - sourceOffsets[row]!
      offsets[at + i] = used
    }
    const bytes = this.#room(used)
    let target = this.#used
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      let byte = sourceOffsets[row]!
      const end = sourceOffsets[row + 1]!
      if (end - byte > SHORT_COPY) {
        bytes.set(sourceBytes.subarray(byte, end), target)
        target += end - byte
      } else while (byte < end) bytes[target++] = sourceBytes[byte++]!
    }
    this.#used = used
    this.#nulls.append(column, rows, from, to)
  }

  appendRange(column: Column, start: number, end: number): void {
    const source = column as BytesColumn
    const length = this.#nulls.length
    const first = source.offsets[start]!
    const last = source.offsets[end]!
    this.#offsets = grownUnset(this.#offsets, length + end - start + 1)
    const shift = this.#used - first
    for (let row = start; row < end; row++)
      this.#offsets[length + row - start + 1] = source.offsets[row + 1]! + shift
    this.#room(this.#used + last - first).set(source.bytes.subarray(first, last), this.#used)
    this.#used += last - first
    this.#nulls.appendRange(column, start, end)
  }

  #room(needed: number): Uint8Array {
    if (needed > MAX_BYTES) throw tooLarge()
    this.#bytes = grownUnset(this.#bytes, needed)
    return this.#bytes
  }

  take(): Column {
    const nulls = this.#nulls.take()
    const offsets = this.#offsets.subarray(0, nulls.length + 1)
    const bytes = this.#bytes.subarray(0, this.#used)
    this.#offsets = NO_OFFSETS
    this.#bytes = NO_BYTES
    this.#used = 0
    return { type: this.#type, ...nulls, offsets, bytes }
  }
}

const tooLarge = (): DunlinError =>
  new DunlinError('TOO_LARGE', 'one batch would hold more than 2 GiB of a column', {
    hint: 'Make the partitions smaller.',
  })
