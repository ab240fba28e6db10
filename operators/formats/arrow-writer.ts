/** ArrowWriter: an Arrow IPC file, uncompressed and without dictionaries, which every Arrow library opens. */
import type { Batch } from '../batch/batch.ts'
import type { Schema } from '../batch/column-type.ts'
import { ArrowFileWriter } from '../ipc/arrow-file-writer.ts'
import type { PartWriter } from './part-writer.ts'

/** A file must have a schema, also where no row ever told one. */
const NO_COLUMNS: Schema = { shape: 'object', fields: [] }

export class ArrowWriter implements PartWriter {
  #file: ArrowFileWriter | null

  constructor(schema: Schema | null) {
    this.#file = schema === null ? null : new ArrowFileWriter(schema)
  }

  push(batch: Batch): Uint8Array[] {
    this.#file ??= new ArrowFileWriter(batch.schema)
    return batch.length === 0 ? [] : this.#file.write(batch)
  }

  finish(): Uint8Array[] {
    this.#file ??= new ArrowFileWriter(NO_COLUMNS)
    return this.#file.finish()
  }
}
