/** RecordsWriter: the bytes of one record after another, all of one length. */
import type { Batch, BytesColumn, Column, FixedBinaryColumn } from '../batch/batch.ts'
import type { Schema } from '../batch/column-type.ts'
import { bitAt } from '../batch/growing.ts'
import { previewOf } from '../batch/preview.ts'
import { recordReader } from '../batch/records.ts'
import { schemaText } from '../batch/schema.ts'
import { DunlinError } from '../errors.ts'
import { ByteOutput } from './byte-output.ts'
import type { PartWriter } from './part-writer.ts'

const OPERATOR = 'Write records'
/** From here on a batch's bytes are handed over as they are: the copy would cost more than one piece more does. */
const SHARED_BYTES = 256 << 10

/**
 * Takes fixed-length records, scalars that are binary, and objects with a binary column `value` (and a `key`, which is
 * taken for a part of it). Reading the part with the length of its records gives them back.
 */
export class RecordsWriter implements PartWriter {
  readonly #out = new ByteOutput()
  /** Of every record in the part; 0 before the first. */
  #length = 0

  constructor(schema: Schema | null) {
    if (schema !== null) recordsColumn(schema)
  }

  push(batch: Batch): Uint8Array[] {
    if (batch.length === 0) return []
    const at = recordsColumn(batch.schema)
    const column = batch.columns[at]!
    if (column.nullCount > 0) throw nullRecord(batch, column)
    return column.type.kind === 'fixedBinary'
      ? this.#fixed(column as FixedBinaryColumn, batch)
      : this.#varying(column as BytesColumn, batch)
  }

  finish(): Uint8Array[] {
    return this.#out.takeAll()
  }

  #fixed({ type, bytes }: FixedBinaryColumn, batch: Batch): Uint8Array[] {
    this.#check(type.byteLength, batch, 0)
    const size = batch.length * type.byteLength
    if (size >= SHARED_BYTES) return [...this.#out.takeAll(), bytes.subarray(0, size)]
    this.#out.copy(bytes, 0, size)
    return this.#out.takeFull()
  }

  #varying({ offsets, bytes }: BytesColumn, batch: Batch): Uint8Array[] {
    for (let row = 0; row < batch.length; row++) this.#check(offsets[row + 1]! - offsets[row]!, batch, row)
    this.#out.copy(bytes, offsets[0]!, offsets[batch.length]!)
    return this.#out.takeFull()
  }

  #check(length: number, batch: Batch, row: number): void {
    if (length === this.#length && length > 0) return
    if (length === 0) throw refused('a record of no bytes cannot be written', previewAt(batch, row))
    if (this.#length > 0) {
      throw refused(
        `fixed-length records were given one of ${this.#length} bytes and one of ${length}`,
        previewAt(batch, row),
      )
    }
    this.#length = length
  }
}

/** Which column holds whole records. @throws TYPE_MISMATCH where none does. */
function recordsColumn(schema: Schema): number {
  const { shape, fields } = schema
  const at = fields.findIndex(field => field.name === 'value')
  const kind = fields[at]?.type.kind
  const isBytes = kind === 'binary' || kind === 'fixedBinary' || kind === 'null'
  const others = fields.filter(field => field.name !== 'value' && field.name !== 'key')
  if (isBytes && (shape !== 'object' || others.length === 0) && shape !== 'pair') return at
  throw new DunlinError(
    'TYPE_MISMATCH',
    `fixed-length records are bytes, but the records are ${schemaText(schema)}`,
    {
      hint: 'Map each record to a Uint8Array, or to { value } with one.',
      place: { operator: OPERATOR },
    },
  )
}

function nullRecord(batch: Batch, { validity, type }: Column): DunlinError {
  let row = 0
  while (type.kind !== 'null' && validity !== null && bitAt(validity, row)) row++
  return refused('null has no bytes, so it cannot be a fixed-length record', previewAt(batch, row))
}

const previewAt = (batch: Batch, row: number): string => previewOf(recordReader(batch)(row))

function refused(message: string, record: string): DunlinError {
  return new DunlinError('TYPE_MISMATCH', message, {
    hint: 'Give all records of a dataset the same number of bytes.',
    place: { operator: OPERATOR, record },
  })
}
