/** Writes one part of an output, under a key of its attempt's own. */
import { crc32 } from 'node:zlib'
import { type Batch, createPartWriter, DunlinError, type PartWriter, type Schema, type WriteFormat } from '../../operators/index.ts'
import type { ObjectStore, ObjectWriter } from '../store/object-store.ts'
import type { CommittedPart } from '../task/task-event.ts'
import { type AttemptPart, attemptPartKey } from './output-names.ts'

export interface PartSinkOptions extends AttemptPart {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  readonly format: WriteFormat
  /** What all rows have, where it is known beforehand: an empty part has its header then. */
  readonly schema: Schema | null
  /** For errors: the stage, as `explain` names it. */
  readonly operator: string
  readonly signal?: AbortSignal
}

export class PartSink {
  readonly #store: ObjectStore
  readonly #writer: PartWriter
  readonly #key: string
  readonly #operator: string
  readonly #signal: AbortSignal | undefined
  #object: ObjectWriter | null = null
  #rows = 0
  #bytes = 0
  #crc = 0

  constructor(options: PartSinkOptions) {
    this.#store = options.store
    this.#writer = createPartWriter(options.format, options.schema)
    this.#key = attemptPartKey(options, options.format)
    this.#operator = options.operator
    this.#signal = options.signal
  }

  async push(batch: Batch): Promise<void> {
    const pieces = this.#placed(() => this.#writer.push(batch))
    this.#rows += batch.length
    await this.#write(pieces)
  }

  async finish(): Promise<CommittedPart> {
    await this.#write(this.#placed(() => this.#writer.finish()))
    await (await this.#open()).close()
    return { key: this.#key, rows: this.#rows, bytes: this.#bytes, crc32: this.#crc }
  }

  /** Leaves nothing behind, whether it was finished or not. Never throws. */
  async abort(): Promise<void> {
    await this.#object?.abort()
    await this.#store.delete([this.#key]).catch(() => undefined)
  }

  /** Where a record has no form in the format, the error says which operator gave it. */
  #placed(write: () => Uint8Array[]): Uint8Array[] {
    try {
      return write()
    } catch (error) {
      throw error instanceof DunlinError ? error.at({ operator: this.#operator }) : error
    }
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      this.#bytes += piece.length
      this.#crc = crc32(piece, this.#crc)
      await (await this.#open()).write(piece)
    }
  }

  async #open(): Promise<ObjectWriter> {
    this.#object ??= await this.#store.writer(this.#key, this.#signal === undefined ? {} : { signal: this.#signal })
    return this.#object
  }
}
