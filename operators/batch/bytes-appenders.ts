/** Appenders of text and binary values. */
import type { Column } from './batch.ts'
import type { ColumnType } from './column-type.ts'
import { grown, grownBuffer, NullMask, ownedBytes } from './growing.ts'
import type { ColumnPlace, ValueAppender } from './value-appender.ts'

/** Strings up to here are copied character by character, which beats a call into the runtime (measured). */
const SHORT_STRING = 24
/** Bytes that one batch's column can address with 32-bit offsets. */
const MAX_BYTES = 0x7fff_ffff

abstract class OffsetsAppender implements ValueAppender {
  abstract readonly type: ColumnType & { readonly kind: 'utf8' | 'binary' }
  length = 0
  protected readonly place: ColumnPlace
  protected readonly nulls = new NullMask()
  protected offsets = new Int32Array(17)
  protected buffer: Buffer = Buffer.allocUnsafeSlow(256)
  protected used = 0

  constructor(place: ColumnPlace) {
    this.place = place.typed()
  }

  abstract append(value: unknown): ValueAppender

  protected room(bytes: number): void {
    if (this.used + bytes > this.buffer.length) {
      if (this.used + bytes > MAX_BYTES) {
        throw this.place.error(
          'TOO_LARGE',
          `column "${this.place.path}" was given more than 2 GiB in one batch`,
          {
            hint: 'Split such values over several records.',
          },
        )
      }
      this.buffer = grownBuffer(this.buffer, this.used + bytes)
    }
  }

  protected endRow(): void {
    const row = ++this.length
    if (row >= this.offsets.length) this.offsets = grown(this.offsets, row + 1)
    this.offsets[row] = this.used
  }

  appendNulls(rows: number): void {
    this.nulls.addRange(this.length, rows)
    this.offsets = grown(this.offsets, this.length + rows + 1)
    this.offsets.fill(this.used, this.length + 1, this.length + rows + 1)
    this.length += rows
    this.place.builder.bytes += 4 * rows
  }

  take(): Column {
    const { length, used } = this
    this.length = 0
    this.used = 0
    return {
      type: this.type,
      length,
      ...this.nulls.take(length),
      offsets: this.offsets.slice(0, length + 1),
      bytes: ownedBytes(this.buffer, used),
    }
  }
}

export class Utf8Appender extends OffsetsAppender {
  readonly type = UTF8

  append(value: unknown): ValueAppender {
    if (typeof value === 'string') {
      const before = this.used
      const chars = value.length
      this.room(chars)
      if (chars > SHORT_STRING || !this.#shortAscii(value, chars)) this.#write(value)
      this.place.builder.bytes += 4 + this.used - before
    } else {
      if (value !== null && value !== undefined) this.place.mismatch(this.type, value)
      this.nulls.add(this.length)
      this.place.builder.bytes += 4
    }
    this.endRow()
    return this
  }

  #shortAscii(text: string, chars: number): boolean {
    const { buffer, used } = this
    for (let i = 0; i < chars; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return false
      buffer[used + i] = unit
    }
    this.used = used + chars
    return true
  }

  #write(text: string): void {
    this.room(3 * text.length)
    const written = this.buffer.write(text, this.used)
    // As many bytes as characters: ASCII. Else a lone surrogate may have become U+FFFD in silence.
    if (written !== text.length && !text.isWellFormed()) {
      throw this.place.error(
        'TYPE_MISMATCH',
        `column "${this.place.path}" was given text with a lone surrogate, which UTF-8 cannot hold`,
        {
          hint: 'Do not cut strings inside a character (use [...text] or Intl.Segmenter), or call text.toWellFormed().',
        },
      )
    }
    this.used += written
  }
}

export class BinaryAppender extends OffsetsAppender {
  readonly type = BINARY

  append(value: unknown): ValueAppender {
    if (value instanceof Uint8Array) {
      this.room(value.length)
      this.buffer.set(value, this.used)
      this.used += value.length
      this.place.builder.bytes += 4 + value.length
    } else {
      if (value !== null && value !== undefined) this.place.mismatch(this.type, value)
      this.nulls.add(this.length)
      this.place.builder.bytes += 4
    }
    this.endRow()
    return this
  }
}

const UTF8 = { kind: 'utf8' } as const
const BINARY = { kind: 'binary' } as const

export class FixedBinaryAppender implements ValueAppender {
  readonly type: ColumnType & { readonly kind: 'fixedBinary' }
  length = 0
  readonly #place: ColumnPlace
  readonly #nulls = new NullMask()
  #bytes = new Uint8Array(0)

  constructor(place: ColumnPlace, byteLength: number) {
    this.#place = place.typed()
    this.type = { kind: 'fixedBinary', byteLength }
  }

  append(value: unknown): ValueAppender {
    if (value === null || value === undefined) {
      this.appendNulls(1)
      return this
    }
    const { byteLength } = this.type
    if (!(value instanceof Uint8Array)) this.#place.mismatch(this.type, value)
    if (value.length !== byteLength) this.#place.mismatch(this.type, value, `${value.length} bytes`)
    this.#bytes = grown(this.#bytes, (this.length + 1) * byteLength)
    this.#bytes.set(value, this.length++ * byteLength)
    this.#place.builder.bytes += byteLength
    return this
  }

  appendNulls(rows: number): void {
    const { byteLength } = this.type
    this.#bytes = grown(this.#bytes, (this.length + rows) * byteLength)
    this.#bytes.fill(0, this.length * byteLength, (this.length + rows) * byteLength)
    this.#nulls.addRange(this.length, rows)
    this.length += rows
    this.#place.builder.bytes += byteLength * rows
  }

  take(): Column {
    const length = this.length
    this.length = 0
    const bytes = this.#bytes.slice(0, length * this.type.byteLength)
    return { type: this.type, length, ...this.#nulls.take(length), bytes }
  }
}
