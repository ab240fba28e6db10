/** ArrowWriter: an Arrow IPC file, uncompressed and without dictionaries, which every Arrow library opens. */
import type { Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { ArrowFileWriter } from '../ipc/arrow-file-writer.ts'
import type { PartWriter } from './part-writer.ts'
import { RecordBatchCutter } from './record-batch-cutter.ts'

/** A file must have a schema, also where no row ever told one. */
const NO_COLUMNS: Schema = { shape: 'object', fields: [] }

/** Equal rows give equal bytes: record batches are cut by the rows, not where batches were pushed. */
export class ArrowWriter implements PartWriter {
  #schema: Schema | null
  #file: ArrowFileWriter | null = null
  #cutter: RecordBatchCutter | null = null

  constructor(schema: Schema | null) {
    this.#schema = schema
  }

  push(batch: Batch): Uint8Array[] {
    const schema = (this.#schema ??= batch.schema)
    const cutter = (this.#cutter ??= new RecordBatchCutter(schema))
    return this.#write(cutter.push(castBatch(batch, schema)))
  }

  finish(): Uint8Array[] {
    const rest = this.#cutter === null ? [] : this.#write(this.#cutter.finish())
    return [...rest, ...this.#opened().finish()]
  }

  #write(batches: Iterable<Batch>): Uint8Array[] {
    const pieces: Uint8Array[] = []
    for (const batch of batches) for (const piece of this.#opened().write(batch)) pieces.push(piece)
    return pieces
  }

  #opened(): ArrowFileWriter {
    return (this.#file ??= new ArrowFileWriter(this.#schema ?? NO_COLUMNS))
  }
}
