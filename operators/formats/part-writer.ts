/** PartWriter: batches in, the bytes of one output file out. */
import type { Batch } from '../batch/batch.ts'
import type { Schema } from '../batch/column-type.ts'
import type { WriteFormat } from '../spec.ts'
import { ArrowWriter } from './arrow-writer.ts'
import { CsvWriter } from './csv-writer.ts'
import { JsonlWriter } from './jsonl-writer.ts'
import { RecordsWriter } from './records-writer.ts'
import { TextWriter } from './text-writer.ts'

/**
 * The pieces that `push` and `finish` give, one after another, are the file. They are about a megabyte each and
 * belong to the receiver. After an error the writer must not be used again.
 */
export interface PartWriter {
  push(batch: Batch): Uint8Array[]
  finish(): Uint8Array[]
}

/**
 * A writer of `format`. With a schema every batch is cast to it, and a part without rows still has its header.
 * Without one, csv and arrow take the first batch's; jsonl, text and records need none.
 *
 * @throws TYPE_MISMATCH for records that the format has no form for; BAD_RECORD for a text line with a line end in it.
 *
 * @example
 * const writer = createPartWriter('csv', schema)
 * const file = [...writer.push(batch), ...writer.finish()]
 */
export function createPartWriter(format: WriteFormat, schema: Schema | null): PartWriter {
  switch (format) {
    case 'text':
      return new TextWriter()
    case 'jsonl':
      return new JsonlWriter(schema)
    case 'csv':
      return new CsvWriter(schema)
    case 'arrow':
      return new ArrowWriter(schema)
    case 'records':
      return new RecordsWriter(schema)
  }
}
