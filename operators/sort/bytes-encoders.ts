/** Encoders of text and binary values. */
import { VALUE, type ValueEncoder } from './value-encoder.ts'

/** Where the bytes of each row are: between its offsets, or `length` bytes from `start` of each `stride`. */
export type RowBytes =
  | { readonly bytes: Uint8Array; readonly offsets: Int32Array }
  | {
      readonly bytes: Uint8Array
      readonly offsets: null
      readonly stride: number
      readonly start: number
      readonly length: number
    }

/** Longer values are copied by the runtime, shorter ones byte by byte, which is faster (measured). */
const SHORT_COPY = 32

/** Ends a value. The bytes 0 and 1 within values are written as `ESCAPE` and the byte plus one, so that it is least. */
export const END = 0
const ESCAPE = 1

export function bytesEncoder(rows: RowBytes, ending: 'open' | 'closed'): ValueEncoder {
  return ending === 'open' ? new OpenBytesEncoder(rows) : new ClosedBytesEncoder(rows)
}

abstract class BytesEncoder {
  readonly bytes: Uint8Array
  readonly #offsets: Int32Array | null
  readonly #stride: number
  readonly #start: number
  readonly #length: number

  constructor(rows: RowBytes) {
    this.bytes = rows.bytes
    this.#offsets = rows.offsets
    this.#stride = rows.offsets === null ? rows.stride : 0
    this.#start = rows.offsets === null ? rows.start : 0
    this.#length = rows.offsets === null ? rows.length : 0
  }

  from(row: number): number {
    return this.#offsets === null ? row * this.#stride + this.#start : this.#offsets[row]!
  }

  to(row: number): number {
    return this.#offsets === null ? row * this.#stride + this.#start + this.#length : this.#offsets[row + 1]!
  }

  /** The length of every value, if they have one. */
  get length(): number | null {
    return this.#offsets === null ? this.#length : null
  }
}

/** The bytes as they are. */
class OpenBytesEncoder extends BytesEncoder implements ValueEncoder {
  get fixedBytes(): number | null {
    return this.length
  }

  size(row: number): number {
    return this.to(row) - this.from(row)
  }

  write(row: number, out: Uint8Array, at: number): number {
    return copy(this.bytes, this.from(row), this.to(row), out, at)
  }

  writeAll(out: Uint8Array, ends: Int32Array): void {
    const { bytes } = this
    const rows = ends.length - 1
    for (let row = 0; row < rows; row++) {
      const at = ends[row + 1]!
      out[at] = VALUE
      ends[row + 1] = copy(bytes, this.from(row), this.to(row), out, at + 1)
    }
  }
}

function copy(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  if (to - from > SHORT_COPY) {
    out.set(bytes.subarray(from, to), at)
    return at + to - from
  }
  while (from < to) out[at++] = bytes[from++]!
  return at
}

/** Escaped and ended, so that no value begins another. */
class ClosedBytesEncoder extends BytesEncoder implements ValueEncoder {
  readonly fixedBytes = null

  size(row: number): number {
    return closedSize(this.bytes, this.from(row), this.to(row))
  }

  write(row: number, out: Uint8Array, at: number): number {
    return writeClosed(this.bytes, this.from(row), this.to(row), out, at)
  }
}

/** Bytes that `writeClosed` writes. */
export function closedSize(bytes: Uint8Array, from: number, to: number): number {
  let size = to - from + 1
  for (let i = from; i < to; i++) if (bytes[i]! <= ESCAPE) size++
  return size
}

export function writeClosed(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
): number {
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!
    if (byte <= ESCAPE) {
      out[at++] = ESCAPE
      out[at++] = byte + 1
    } else out[at++] = byte
  }
  out[at++] = END
  return at
}
