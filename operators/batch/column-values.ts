/** Column values in bulk: a whole column as an array of JavaScript values. */
import { isAscii, isUtf8 } from 'node:buffer'
import type { BytesColumn, Column } from './batch.ts'
import { columnReader, int64Numbers, type ReadPlace } from './column-value.ts'
import { asBuffer, bitAt } from './growing.ts'
import { objectMaker } from './object-maker.ts'

/**
 * Text is decoded in pieces of about this many bytes and cut into rows. Larger pieces gain nothing (measured), and a
 * row that someone keeps keeps its whole piece alive.
 */
const PIECE_BYTES = 16 << 10

/** All rows of a column; null where a row is null. Numbers without nulls come as the column's own array. */
export function columnValues(column: Column, place: ReadPlace): ArrayLike<unknown> {
  const { type, length } = column
  if (type.kind === 'number' && column.nullCount === 0) {
    return (column as Extract<Column, { type: { kind: 'number' } }>).values
  }
  const values = column.nullCount === length ? new Array<unknown>(length).fill(null) : valuesOf(column, place)
  if (column.validity !== null && column.nullCount < length) {
    for (let row = 0; row < length; row++) if (!bitAt(column.validity, row)) values[row] = null
  }
  return values
}

/** All rows; what stands at null rows does not matter. */
function valuesOf(column: Column, place: ReadPlace): unknown[] {
  const { type, length } = column
  const values = new Array<unknown>(length)
  switch (type.kind) {
    case 'utf8':
      return stringsOf(column as BytesColumn)
    case 'number':
    case 'int64': {
      if (type.kind === 'int64' && type.as === 'number') break
      const raw = (column as Extract<Column, { values: unknown }>).values
      for (let row = 0; row < length; row++) values[row] = raw[row]
      return values
    }
    case 'struct': {
      const names = type.fields.map(f => f.name)
      const { children } = column as Extract<Column, { children: readonly Column[] }>
      return objectMaker(names).rows(
        children.map((child, i) => columnValues(child, { column: `${place.column}.${names[i]}` })),
        length,
      )
    }
    case 'list': {
      if (type.as !== 'Array') break
      const { offsets, item } = column as Extract<Column, { item: Column }>
      const items = columnValues(item, { column: `${place.column}[]` })
      for (let row = 0; row < length; row++) {
        const list: unknown[] = []
        for (let i = offsets[row]!; i < offsets[row + 1]!; i++) list.push(items[i])
        values[row] = list
      }
      return values
    }
    default:
  }
  if (type.kind === 'int64' && column.nullCount === 0) {
    const number = int64Numbers((column as Extract<Column, { values: BigInt64Array }>).values, place)
    for (let row = 0; row < length; row++) values[row] = number(row)
    return values
  }
  const read = columnReader(column, place)
  for (let row = 0; row < length; row++) values[row] = read(row)
  return values
}

/** The strings of a text column, nulls as empty strings. */
export function stringsOf(column: BytesColumn): string[] {
  const { length, offsets } = column
  const buffer = asBuffer(column.bytes.subarray(0, offsets[length]!))
  const strings = new Array<string>(length)
  const ascii = isAscii(buffer)
  const valid = ascii || isUtf8(buffer)
  for (let from = 0; from < length; ) {
    const start = offsets[from]!
    let to = from + 1
    while (to < length && offsets[to + 1]! - start <= PIECE_BYTES) to++
    if (ascii) cutAscii(strings, buffer, offsets, from, to)
    else if (!valid || !cutUtf8(strings, buffer, offsets, from, to)) {
      for (let row = from; row < to; row++)
        strings[row] = buffer.toString('utf8', offsets[row], offsets[row + 1])
    }
    from = to
  }
  return strings
}

function cutAscii(strings: string[], buffer: Buffer, offsets: Int32Array, from: number, to: number): void {
  const start = offsets[from]!
  const piece = buffer.toString('latin1', start, offsets[to])
  for (let row = from; row < to; row++)
    strings[row] = piece.slice(offsets[row]! - start, offsets[row + 1]! - start)
}

/** Decodes valid UTF-8 once and counts UTF-16 units; false where a row begins inside a character. */
function cutUtf8(strings: string[], buffer: Buffer, offsets: Int32Array, from: number, to: number): boolean {
  for (let row = from; row < to; row++) {
    const start = offsets[row]!
    if (start < offsets[row + 1]! && (buffer[start]! & 0xc0) === 0x80) return false
  }
  const piece = buffer.toString('utf8', offsets[from], offsets[to])
  let unit = 0
  for (let row = from; row < to; row++) {
    const start = unit
    const end = offsets[row + 1]!
    for (let i = offsets[row]!; i < end; i++) {
      const byte = buffer[i]!
      if ((byte & 0xc0) !== 0x80) unit += byte >= 0xf0 ? 2 : 1
    }
    strings[row] = piece.slice(start, unit)
  }
  return true
}
