/** MessageWriter: batches as bare record-batch messages, without a file around them; `decodeSlice` reads them. */
import type { Batch } from '../batch/batch.ts'
import { encodeBatch } from './encode-batch.ts'
import { PieceWriter } from './piece-writer.ts'

export class MessageWriter {
  readonly #out = new PieceWriter()

  /** The batch's message; its large pieces are views on the batch. */
  write(batch: Batch): Uint8Array[] {
    encodeBatch(batch, this.#out)
    return this.#out.finish().splice(0)
  }
}
