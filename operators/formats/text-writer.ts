/** TextWriter: a line per record, LF at its end. */
import type { Batch, BytesColumn } from '../batch/batch.ts'
import { asBuffer } from '../batch/growing.ts'
import { previewOf } from '../batch/preview.ts'
import { recordReader } from '../batch/records.ts'
import { schemaText } from '../batch/schema.ts'
import { DunlinError } from '../errors.ts'
import { ByteOutput } from './byte-output.ts'
import { isNull, plainCell } from './cell-text.ts'
import type { PartWriter } from './part-writer.ts'

const LF = 10
const CR = 13
const OPERATOR = 'Write text'

/**
 * Reading the part gives the records back: a value that would become two lines, or lose its last character to the
 * line end, is refused, and a part whose first line begins with U+FEFF is given a byte order mark to lose.
 */
export class TextWriter implements PartWriter {
  readonly #out = new ByteOutput()
  #empty = true

  push(batch: Batch): Uint8Array[] {
    const column = batch.columns[0]
    const write = column && batch.schema.shape === 'scalar' ? plainCell(column, 'value', this.#out) : null
    if (column === undefined || write === null) throw noText(batch)
    if (column.type.kind === 'utf8') this.#check(batch, column as BytesColumn)
    for (let row = 0; row < batch.length; row++) {
      if (isNull(column, row)) throw nullLine()
      write(row)
      this.#out.byte(LF)
    }
    if (batch.length > 0) this.#empty = false
    return this.#out.takeFull()
  }

  finish(): Uint8Array[] {
    return this.#out.takeAll()
  }

  #check(batch: Batch, { bytes, offsets }: BytesColumn): void {
    // Buffer's search is many times faster than that of typed arrays.
    const all = asBuffer(bytes).subarray(0, offsets[batch.length])
    if (all.includes(LF) || all.includes(CR)) {
      for (let row = 0; row < batch.length; row++) {
        const line = all.subarray(offsets[row], offsets[row + 1])
        if (line.includes(LF)) throw twoLines(batch, row, 'holds a line feed: it would become two records')
        if (line.at(-1) === CR)
          throw twoLines(batch, row, 'ends in a carriage return, which is part of a line end')
      }
    }
    const marked = offsets[1]! >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    if (this.#empty && marked) this.#out.copy(bytes, 0, 3)
  }
}

function twoLines(batch: Batch, row: number, what: string): DunlinError {
  return new DunlinError('BAD_RECORD', `a value ${what}`, {
    hint: "Replace it (value.replaceAll('\\n', ' ')), or use write.jsonl, which keeps it.",
    place: { operator: OPERATOR, record: previewOf(recordReader(batch)(row)) },
  })
}

function nullLine(): DunlinError {
  return new DunlinError('TYPE_MISMATCH', 'null has no text form, so it cannot be a line', {
    hint: "Filter nulls out, map them to a string (value ?? ''), or use write.jsonl.",
    place: { operator: OPERATOR, record: 'null' },
  })
}

function noText(batch: Batch): DunlinError {
  const place = batch.length === 0 ? {} : { record: previewOf(recordReader(batch)(0)) }
  return new DunlinError(
    'TYPE_MISMATCH',
    `text needs one value a record, but records are ${schemaText(batch.schema)}`,
    {
      hint: 'Map each record to a string, or use write.jsonl.',
      place: { operator: OPERATOR, ...place },
    },
  )
}
