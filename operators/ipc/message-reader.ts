/** MessageReader: the batches of a group's bytes as these arrive, in the memory of one message. */
import { Message } from 'apache-arrow/fb/message'
import { ByteBuffer } from 'flatbuffers'
import type { Batch } from '../batch/batch.ts'
import type { Schema } from '../batch/column-type.ts'
import { decodeSlice } from './arrow-file.ts'
import { corrupt } from './decode-batch.ts'
import { PREFIX_BYTES } from './message-template.ts'

/** The bytes of a message so far: of its prefix, then with its metadata, then with its body. */
type Part = 'prefix' | 'metadata' | 'body'

/**
 * What `decodeSlice` gives for all bytes at once. A message that lies whole in a piece is not copied: its batch has
 * views on the piece. As there, check checksums first.
 *
 * @example
 * const reader = new MessageReader(schema, byteLength)
 * for await (const piece of stream) for (const batch of reader.push(piece)) …
 * reader.finish()
 */
export class MessageReader {
  readonly #schema: Schema
  /** Bytes that are still to come; no message can be larger. */
  #left: number
  #part: Part = 'prefix'
  #bytes = new Uint8Array(PREFIX_BYTES)
  #filled = 0

  constructor(schema: Schema, byteLength: number) {
    this.#schema = schema
    this.#left = byteLength
  }

  /**
   * The batches that end in this piece, which may be cut anywhere.
   *
   * @throws CORRUPT for bytes that are no such messages.
   */
  *push(piece: Uint8Array): Generator<Batch> {
    for (let at = 0; at < piece.length; ) {
      const whole = this.#part === 'prefix' && this.#filled === 0 ? this.#wholeIn(piece, at) : 0
      if (whole > 0) {
        this.#left -= whole
        yield* decodeSlice(this.#schema, piece.subarray(at, at + whole))
        at += whole
        continue
      }
      const length = Math.min(this.#bytes.length - this.#filled, piece.length - at)
      this.#bytes.set(piece.subarray(at, at + length), this.#filled)
      this.#filled += length
      this.#left -= length
      at += length
      if (this.#filled === this.#bytes.length) yield* this.#next()
    }
  }

  /** @throws CORRUPT where the last message is not whole. */
  finish(): void {
    if (this.#left !== 0 || this.#filled > 0) throw corrupt('a message is cut short')
  }

  /** Bytes of the message that begins at `at`, 0 where it does not end in the piece. */
  #wholeIn(piece: Uint8Array, at: number): number {
    if (at + PREFIX_BYTES > piece.length) return 0
    const metadataEnd = PREFIX_BYTES + metadataBytes(piece, at)
    if (at + metadataEnd > piece.length) return 0
    const length = metadataEnd + bodyBytes(piece.subarray(at + PREFIX_BYTES, at + metadataEnd))
    return at + length > piece.length ? 0 : length
  }

  *#next(): Generator<Batch> {
    if (this.#part === 'prefix') {
      this.#part = 'metadata'
      this.#grow(metadataBytes(this.#bytes, 0))
    } else if (this.#part === 'metadata') {
      this.#part = 'body'
      this.#grow(bodyBytes(this.#bytes.subarray(PREFIX_BYTES)))
    }
    if (this.#part === 'body' && this.#filled === this.#bytes.length) {
      yield* decodeSlice(this.#schema, this.#bytes)
      this.#part = 'prefix'
      this.#bytes = new Uint8Array(PREFIX_BYTES)
      this.#filled = 0
    }
  }

  #grow(more: number): void {
    if (more > this.#left) throw corrupt('a length points outside of the data')
    const grown = new Uint8Array(this.#bytes.length + more)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

function metadataBytes(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, PREFIX_BYTES)
  if (view.getInt32(0, true) !== -1) throw corrupt('a message does not begin with its marker')
  const length = view.getInt32(4, true)
  if (length <= 0) throw corrupt('a message has no metadata')
  return length
}

function bodyBytes(metadata: Uint8Array): number {
  try {
    const length = Number(Message.getRootAsMessage(new ByteBuffer(metadata)).bodyLength())
    if (length >= 0) return length
  } catch (error) {
    // The generated readers check nothing: damage shows as any error.
    throw corrupt('the metadata of a message is damaged', error)
  }
  throw corrupt('a length is negative')
}
