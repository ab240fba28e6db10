/** PartSink: writes the part of one attempt, under a key that is the attempt's alone. */
import { crc32 } from 'node:zlib'
import {
  type Batch,
  createPartWriter,
  type PartWriter,
  type Schema,
  type WriteFormat,
} from '../../operators/index.ts'
import type { ObjectStore, ObjectWriter, RequestOptions } from '../store/object-store.ts'
import type { CommittedPart } from '../task/task-event.ts'

/** Smaller pieces are written together: a write costs a system call or more. */
const WRITE_BYTES = 1 << 20

export interface PartSinkOptions extends RequestOptions {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  /** From `attemptKey`. */
  readonly key: string
  readonly format: WriteFormat
  /** Schema that all parts share; null where the format or the plan has none. */
  readonly schema: Schema | null
}

/**
 * Nothing is visible before `finish`, and then only under the attempt's key, which readers pass over; `publishOutput`
 * gives the parts of the attempts that won their names. After an error call `abort`.
 *
 * Memory: a batch and a megabyte.
 *
 * @throws what the format throws (see `createPartWriter`) and what the store does: a full disk is NO_SPACE.
 */
export class PartSink {
  readonly #options: PartSinkOptions
  readonly #parts: PartWriter
  #writer: ObjectWriter | null = null
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #rows = 0
  #bytes = 0
  #crc32 = 0

  constructor(options: PartSinkOptions) {
    this.#options = options
    this.#parts = createPartWriter(options.format, options.schema)
  }

  async push(batch: Batch): Promise<void> {
    this.#rows += batch.length
    await this.#write(this.#parts.push(batch))
  }

  async finish(): Promise<CommittedPart> {
    await this.#write(this.#parts.finish())
    await this.#flush()
    const writer = await this.#open()
    await writer.close()
    return { key: this.#options.key, rows: this.#rows, bytes: this.#bytes, crc32: this.#crc32 }
  }

  /** Leaves nothing behind, if `finish` was not called. Never throws. */
  async abort(): Promise<void> {
    this.#waiting = []
    await this.#writer?.abort()
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      this.#crc32 = crc32(piece, this.#crc32)
      this.#bytes += piece.byteLength
      if (this.#waitingBytes + piece.byteLength > WRITE_BYTES) await this.#flush()
      this.#waiting.push(piece)
      this.#waitingBytes += piece.byteLength
    }
    if (this.#waitingBytes >= WRITE_BYTES) await this.#flush()
  }

  async #flush(): Promise<void> {
    if (this.#waitingBytes === 0) return
    const pieces = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    const writer = await this.#open()
    await writer.write(pieces)
  }

  async #open(): Promise<ObjectWriter> {
    const { store, key, signal } = this.#options
    this.#writer ??= await store.writer(key, signal === undefined ? {} : { signal })
    return this.#writer
  }
}
