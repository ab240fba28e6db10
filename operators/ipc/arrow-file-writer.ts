/** ArrowFileWriter: an Arrow IPC file that is written a batch at a time, in the memory of one. */
import type { Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { type ArrowBlock, beginArrowFile, endArrowFile } from './arrow-file.ts'
import { encodeBatch } from './encode-batch.ts'
import { PieceWriter } from './piece-writer.ts'

/**
 * The pieces given by `begin`, `write` and `finish`, one after another, are the file; large ones are views on the batch.
 */
export class ArrowFileWriter {
  readonly #schema: Schema
  readonly #out = new PieceWriter()
  readonly #blocks: ArrowBlock[] = []

  constructor(schema: Schema) {
    this.#schema = schema
    beginArrowFile(this.#out, schema)
  }

  /** Bytes of the file so far: where the next record batch begins. */
  get sizeBytes(): number {
    return this.#out.sizeBytes
  }

  /** What stands before the first record batch; otherwise the first `write` gives that too. */
  begin(): Uint8Array[] {
    return this.#take()
  }

  /** The batch as one record batch; one of a narrower schema is cast. */
  write(batch: Batch): Uint8Array[] {
    const offset = this.#out.sizeBytes
    this.#blocks.push({ offset, ...encodeBatch(castBatch(batch, this.#schema), this.#out) })
    return this.#take()
  }

  finish(): Uint8Array[] {
    endArrowFile(this.#out, this.#schema, this.#blocks)
    return this.#take()
  }

  #take(): Uint8Array[] {
    return this.#out.finish().splice(0)
  }
}
