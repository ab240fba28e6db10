/** JsonlWriter: the record as JSON on a line of its own, as `JSON.stringify` writes it. */
import type { Batch, BytesColumn, Column, ListColumn, StructColumn } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Field, Schema } from '../batch/column-type.ts'
import { ByteOutput } from './byte-output.ts'
import { isNull, plainCell, type WriteCell } from './cell-text.ts'
import { writeJsonString } from './json-string.ts'
import type { PartWriter } from './part-writer.ts'

const COMMA = 44
const QUOTE = 34
const LF = 10

/**
 * Objects for records of fields, `[key, value]` for pairs, the value alone for scalars. Null fields are written.
 * NaN and infinities are null, as in JSON everywhere; int64 are numbers with all their digits (a JavaScript reader
 * rounds those past 2^53, most others do not); dates are ISO 8601 strings, binary is base64.
 */
export class JsonlWriter implements PartWriter {
  readonly #out = new ByteOutput()
  readonly #schema: Schema | null

  constructor(schema: Schema | null) {
    this.#schema = schema
  }

  push(batch: Batch): Uint8Array[] {
    const { schema, columns, length } = this.#schema === null ? batch : castBatch(batch, this.#schema)
    const out = this.#out
    const write =
      schema.shape === 'scalar'
        ? jsonCell(columns[0]!, 'value', out)
        : schema.shape === 'pair'
          ? pairCell(columns, out)
          : objectCell(columns, schema.fields, out)
    for (let row = 0; row < length; row++) {
      write(row)
      out.byte(LF)
    }
    return out.takeFull()
  }

  finish(): Uint8Array[] {
    return this.#out.takeAll()
  }
}

/** The value of a row as JSON, `null` where it is null. */
function jsonCell(column: Column, name: string, out: ByteOutput): WriteCell {
  const write = valueCell(column, name, out)
  if (column.type.kind !== 'null' && column.nullCount === 0) return write
  return row => {
    if (isNull(column, row)) out.ascii('null')
    else write(row)
  }
}

function valueCell(column: Column, name: string, out: ByteOutput): WriteCell {
  switch (column.type.kind) {
    case 'utf8': {
      const { bytes, offsets } = column as BytesColumn
      return row => writeJsonString(out, bytes, offsets[row]!, offsets[row + 1]!)
    }
    case 'number': {
      const { values } = column as Extract<Column, { type: { kind: 'number' } }>
      return row => {
        const value = values[row]!
        if (Number.isFinite(value)) out.number(value)
        else out.ascii('null')
      }
    }
    case 'timestamp':
    case 'binary':
    case 'fixedBinary': {
      const write = plainCell(column, name, out)!
      return row => {
        out.byte(QUOTE)
        write(row)
        out.byte(QUOTE)
      }
    }
    case 'list':
      return listCell(column as ListColumn, name, out)
    case 'struct':
      return objectCell((column as StructColumn).children, column.type.fields, out)
    default:
      return plainCell(column, name, out)!
  }
}

function listCell({ offsets, item }: ListColumn, name: string, out: ByteOutput): WriteCell {
  const write = jsonCell(item, name, out)
  return row => {
    out.ascii('[')
    const start = offsets[row]!
    const stop = offsets[row + 1]!
    for (let i = start; i < stop; i++) {
      if (i > start) out.byte(COMMA)
      write(i)
    }
    out.ascii(']')
  }
}

function objectCell(columns: readonly Column[], fields: readonly Field[], out: ByteOutput): WriteCell {
  const cells = columns.map((column, i) => jsonCell(column, fields[i]!.name, out))
  const labels = fields.map(({ name }, i) =>
    new TextEncoder().encode(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
  )
  if (labels.length === 0) return () => out.ascii('{}')
  return row => {
    for (let i = 0; i < cells.length; i++) {
      out.copy(labels[i]!, 0, labels[i]!.length)
      cells[i]!(row)
    }
    out.ascii('}')
  }
}

function pairCell(columns: readonly Column[], out: ByteOutput): WriteCell {
  const key = jsonCell(columns[0]!, 'key', out)
  const value = jsonCell(columns[1]!, 'value', out)
  return row => {
    out.ascii('[')
    key(row)
    out.byte(COMMA)
    value(row)
    out.ascii(']')
  }
}
