/** Cells as plain text: what CSV and text parts write for each column type. */
import type { Column } from '../batch/batch.ts'
import { bitAt } from '../batch/growing.ts'
import { DunlinError } from '../errors.ts'
import type { ByteOutput } from './byte-output.ts'

export type WriteCell = (row: number) => void

/** Row `row` of the column is null. */
export function isNull(column: Column, row: number): boolean {
  if (column.type.kind === 'null') return true
  return column.nullCount > 0 && !bitAt(column.validity!, row)
}

/**
 * Writes the values of a column other than text, without looking at nulls: numbers as `String(number)`, int64 with
 * all their digits, dates as ISO 8601 UTC, binary as base64. Null for columns that have no plain text: lists, structs.
 */
export function plainCell(column: Column, name: string, out: ByteOutput): WriteCell | null {
  switch (column.type.kind) {
    case 'null':
      return () => {}
    case 'boolean': {
      const { bits } = column as Extract<Column, { bits: Uint8Array }>
      return row => out.ascii(bitAt(bits, row) ? 'true' : 'false')
    }
    case 'number': {
      const { values } = column as Extract<Column, { type: { kind: 'number' } }>
      return row => out.number(values[row]!)
    }
    case 'int64': {
      const { values } = column as Extract<Column, { type: { kind: 'int64' } }>
      return row => writeInt64(out, values[row]!)
    }
    case 'timestamp': {
      const { values } = column as Extract<Column, { type: { kind: 'timestamp' } }>
      return row => out.ascii(isoTime(values[row]!, name))
    }
    case 'utf8': {
      const { bytes, offsets } = column as Extract<Column, { offsets: Int32Array; bytes: Uint8Array }>
      return row => out.copy(bytes, offsets[row]!, offsets[row + 1]!)
    }
    case 'binary': {
      const { bytes, offsets } = column as Extract<Column, { offsets: Int32Array; bytes: Uint8Array }>
      return row => out.ascii(base64(bytes, offsets[row]!, offsets[row + 1]!))
    }
    case 'fixedBinary': {
      const { bytes } = column as Extract<Column, { type: { kind: 'fixedBinary' } }>
      const { byteLength } = column.type
      return row => out.ascii(base64(bytes, row * byteLength, (row + 1) * byteLength))
    }
    case 'list':
    case 'struct':
      return null
  }
}

function writeInt64(out: ByteOutput, value: bigint): void {
  const number = Number(value)
  if (Number.isSafeInteger(number)) out.number(number)
  else out.ascii(String(value))
}

function isoTime(ms: bigint, name: string): string {
  const date = new Date(Number(ms))
  if (!Number.isNaN(date.getTime())) return date.toISOString()
  throw new DunlinError(
    'TYPE_MISMATCH',
    `column "${name}" has a time that no calendar date stands for: ${ms} ms`,
    {
      hint: 'Times reach from -271821 to 275760.',
    },
  )
}

function base64(bytes: Uint8Array, start: number, stop: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('base64')
}
