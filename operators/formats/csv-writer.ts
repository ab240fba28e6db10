/** CsvWriter: comma-separated values as RFC 4180 has them, with LF; a header line in each part. */
import type { Batch, BytesColumn, Column } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { asBuffer } from '../batch/growing.ts'
import { schemaText, typeText } from '../batch/schema.ts'
import { DunlinError } from '../errors.ts'
import { ByteOutput } from './byte-output.ts'
import { isNull, plainCell, type WriteCell } from './cell-text.ts'
import type { PartWriter } from './part-writer.ts'

const COMMA = 44
const QUOTE = 34
const LF = 10
const CR = 13
const SPECIAL = [COMMA, QUOTE, LF, CR]

/**
 * Null is empty and the empty string is `""`; a field is quoted where it holds a comma, a quote, CR or LF, and
 * nowhere else. A scalar is the column `value`, a pair the columns `key` and `value`. A null in a file of one column
 * is an empty line, which some readers skip.
 */
export class CsvWriter implements PartWriter {
  readonly #out = new ByteOutput()
  #schema: Schema | null = null

  constructor(schema: Schema | null) {
    if (schema !== null) this.#begin(schema)
  }

  push(batch: Batch): Uint8Array[] {
    const { columns, length, schema } = castBatch(batch, this.#schema ?? this.#begin(batch.schema))
    const cells = columns.map((column, i) => this.#cell(column, schema.fields[i]!.name))
    const out = this.#out
    for (let row = 0; row < length; row++) {
      for (let i = 0; i < cells.length; i++) {
        if (i > 0) out.byte(COMMA)
        if (!isNull(columns[i]!, row)) cells[i]!(row)
      }
      out.byte(LF)
    }
    return out.takeFull()
  }

  finish(): Uint8Array[] {
    return this.#out.takeAll()
  }

  #begin(schema: Schema): Schema {
    if (schema.fields.length === 0) {
      throw new DunlinError('TYPE_MISMATCH', 'CSV needs a column, but the records are empty objects', {
        hint: 'Give the records a field, or use write.jsonl.',
        place: { operator: 'Write csv' },
      })
    }
    const out = this.#out
    for (const [i, { name, type }] of schema.fields.entries()) {
      if (type.kind === 'list' || type.kind === 'struct') throw nested(name, typeText(type), schema)
      if (i > 0) out.byte(COMMA)
      const bytes = new TextEncoder().encode(name)
      writeField(out, bytes, 0, bytes.length)
    }
    out.byte(LF)
    return (this.#schema = schema)
  }

  #cell(column: Column, name: string): WriteCell {
    const out = this.#out
    if (column.type.kind !== 'utf8') return plainCell(column, name, out)!
    const { bytes, offsets, length } = column as BytesColumn
    // Buffer's search is many times faster than that of typed arrays.
    const used = asBuffer(bytes).subarray(0, offsets[length])
    if (SPECIAL.some(special => used.includes(special))) {
      return row => writeField(out, bytes, offsets[row]!, offsets[row + 1]!)
    }
    // Nothing in the whole column asks for quotes, but for empty strings.
    return row => {
      const start = offsets[row]!
      const stop = offsets[row + 1]!
      if (start === stop) out.ascii('""')
      else out.copy(bytes, start, stop)
    }
  }
}

function writeField(out: ByteOutput, from: Uint8Array, start: number, stop: number): void {
  let quotes = 0
  let plain = start < stop
  for (let i = start; i < stop; i++) {
    const byte = from[i]!
    if (byte === QUOTE) quotes++
    else if (byte === COMMA || byte === LF || byte === CR) plain = false
  }
  if (plain && quotes === 0) {
    out.copy(from, start, stop)
    return
  }
  out.byte(QUOTE)
  if (quotes === 0) out.copy(from, start, stop)
  else {
    out.reserve(stop - start + quotes)
    const { bytes } = out
    let { at } = out
    for (let i = start; i < stop; i++) {
      if (from[i] === QUOTE) bytes[at++] = QUOTE
      bytes[at++] = from[i]!
    }
    out.at = at
  }
  out.byte(QUOTE)
}

function nested(name: string, type: string, schema: Schema): DunlinError {
  return new DunlinError('TYPE_MISMATCH', `column "${name}" is ${type}, which CSV has no form for`, {
    hint: 'Use write.jsonl, or flatten the column before: give each of its fields a column, or join it into a string.',
    place: { operator: 'Write csv', record: schemaText(schema) },
  })
}
