/** Column values: reading one row of a column as JavaScript sees it. */
import { DunlinError } from '../errors.ts'
import type {
  BooleanColumn,
  BytesColumn,
  Column,
  FixedBinaryColumn,
  Int64Column,
  ListColumn,
  NumberColumn,
  StructColumn,
} from './batch.ts'
import { asBuffer, bitAt } from './growing.ts'
import { objectMaker } from './object-maker.ts'

/** Where a column stands, for messages. */
export interface ReadPlace {
  readonly column: string
}

/**
 * Reads single rows of a column; null where a row is null. For whole batches `recordsOf` is faster.
 *
 * @throws TOO_LARGE, from the reader, for an int64 beyond 2^53 in a column that reads as numbers.
 */
export function columnReader(
  column: Column,
  place: ReadPlace = { column: 'value' },
): (row: number) => unknown {
  const read = valueReader(column, place)
  const { validity } = column
  if (column.nullCount === 0 || validity === null) return read
  return row => (bitAt(validity, row) ? read(row) : null)
}

function valueReader(column: Column, place: ReadPlace): (row: number) => unknown {
  switch (column.type.kind) {
    case 'null':
      return () => null
    case 'boolean': {
      const { bits } = column as BooleanColumn
      return row => bitAt(bits, row)
    }
    case 'number': {
      const { values } = column as NumberColumn
      return row => values[row]
    }
    case 'int64': {
      const { values } = column as Int64Column
      if (column.type.as === 'bigint') return row => values[row]
      const numbers = int64Numbers(values, place)
      return row => numbers(row)
    }
    case 'timestamp': {
      const { values } = column as Int64Column
      const numbers = int64Numbers(values, place)
      return row => new Date(numbers(row))
    }
    case 'utf8': {
      const { offsets, bytes } = column as BytesColumn
      const buffer = asBuffer(bytes)
      return row => buffer.toString('utf8', offsets[row], offsets[row + 1])
    }
    case 'binary': {
      const { offsets, bytes } = column as BytesColumn
      return row => copyOf(bytes, offsets[row]!, offsets[row + 1]!)
    }
    case 'fixedBinary': {
      const { bytes } = column as FixedBinaryColumn
      const { byteLength } = column.type
      return row => copyOf(bytes, row * byteLength, (row + 1) * byteLength)
    }
    case 'list':
      return listReader(column as ListColumn, place)
    case 'struct': {
      const { children } = column as StructColumn
      const names = column.type.fields.map(f => f.name)
      const readers = children.map((child, i) =>
        columnReader(child, { column: `${place.column}.${names[i]}` }),
      )
      return objectMaker(names).row(readers)
    }
  }
}

/** A plain Uint8Array even where the column is on a Buffer, whose own `slice` copies nothing. */
const copyOf = (bytes: Uint8Array, from: number, to: number): Uint8Array =>
  new Uint8Array(bytes.subarray(from, to))

function listReader(column: ListColumn, place: ReadPlace): (row: number) => unknown {
  const { offsets, item } = column
  if (column.type.as !== 'Array' && 'values' in item) {
    const { values } = item
    return row => values.slice(offsets[row], offsets[row + 1])
  }
  const read = columnReader(item, { column: `${place.column}[]` })
  return row => {
    const end = offsets[row + 1]!
    const list: unknown[] = []
    for (let i = offsets[row]!; i < end; i++) list.push(read(i))
    return list
  }
}

/** 64-bit integers as numbers, without making a bigint of each. */
export function int64Numbers(values: BigInt64Array, place: ReadPlace): (row: number) => number {
  // Two 32-bit halves, least significant first: Arrow's layout, and that of every machine we run on.
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
  return row => {
    const number = halves[2 * row + 1]! * 0x1_0000_0000 + (halves[2 * row]! >>> 0)
    if (!Number.isSafeInteger(number)) {
      throw new DunlinError(
        'TOO_LARGE',
        `column "${place.column}" holds ${values[row]}, which is no safe number`,
        {
          hint: "Read 64-bit integers as bigints: int64: 'bigint'.",
        },
      )
    }
    return number
  }
}
