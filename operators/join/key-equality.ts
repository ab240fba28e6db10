/** Key equality: whether rows of two batches have equal keys, compared where they lie. */
import type {
  BooleanColumn,
  BytesColumn,
  Column,
  FixedBinaryColumn,
  Int64Column,
  ListColumn,
  NumberColumn,
  StructColumn,
} from '../batch/batch.ts'
import { bitAt } from '../batch/growing.ts'
import { type KeyColumns, pairedByName, pairedColumns } from './join-keys.ts'

/** Row i of one batch and row j of the other. */
export type RowsEqual = (i: number, j: number) => boolean

/**
 * NaN equals NaN, −0 equals 0, and a number equals the same number in any type; null equals null (rows that may not
 * match for a null are kept away from here). Lists are compared item by item, structs by the names of their fields,
 * a missing one being null. Columns that cannot be compared have been refused before.
 */
export function equalRows(a: KeyColumns, b: KeyColumns): RowsEqual {
  const equal = pairedColumns(a, b).map(([x, y]) => equalCells(x, y))
  const [first, second] = equal
  if (first === undefined) return () => true
  if (second === undefined) return first
  if (equal.length === 2) return (i, j) => first(i, j) && second(i, j)
  return (i, j) => {
    for (const one of equal) if (!one(i, j)) return false
    return true
  }
}

/** Whether a row has a value; null where all have. */
function presence(column: Column | null): ((row: number) => boolean) | null {
  if (column === null || column.type.kind === 'null') return () => false
  const { nullCount, validity } = column
  return nullCount === 0 || validity === null ? null : row => bitAt(validity, row)
}

function equalCells(a: Column | null, b: Column | null): RowsEqual {
  const hasA = presence(a)
  const hasB = presence(b)
  if (a === null || b === null || a.type.kind === 'null' || b.type.kind === 'null') {
    return (i, j) => !(hasA?.(i) ?? true) && !(hasB?.(j) ?? true)
  }
  const equal = equalValues(a, b)
  if (hasA === null && hasB === null) return equal
  return (i, j) => {
    const present = hasA === null || hasA(i)
    return present === (hasB === null || hasB(j)) && (!present || equal(i, j))
  }
}

function equalValues(a: Column, b: Column): RowsEqual {
  switch (a.type.kind) {
    case 'boolean': {
      const x = (a as BooleanColumn).bits
      const y = (b as BooleanColumn).bits
      return (i, j) => bitAt(x, i) === bitAt(y, j)
    }
    case 'number':
    case 'int64':
    case 'timestamp':
      return equalNumbers(a as NumberColumn | Int64Column, b as NumberColumn | Int64Column)
    case 'list':
      return equalLists(a as ListColumn, b as ListColumn)
    case 'struct':
      return equalStructs(a as StructColumn, b as StructColumn)
    default:
      return equalBytes(a as BytesColumn | FixedBinaryColumn, b as BytesColumn | FixedBinaryColumn)
  }
}

function equalNumbers(a: NumberColumn | Int64Column, b: NumberColumn | Int64Column): RowsEqual {
  if (a.type.kind === 'number' && b.type.kind === 'number') {
    const x = (a as NumberColumn).values
    const y = (b as NumberColumn).values
    return (i, j) => x[i] === y[j] || (Number.isNaN(x[i]) && Number.isNaN(y[j]))
  }
  if (a.type.kind === 'number') {
    const equal = equalNumbers(b, a)
    return (i, j) => equal(j, i)
  }
  const x = (a as Int64Column).values
  // By their halves, since each element of a BigInt64Array that is read is an object.
  const halves = new Int32Array(x.buffer, x.byteOffset, 2 * x.length)
  if (b.type.kind === 'number') {
    const y = (b as NumberColumn).values
    return (i, j) => {
      const number = halves[2 * i + 1]! * 0x1_0000_0000 + (halves[2 * i]! >>> 0)
      return number === y[j] && (Number.isSafeInteger(number) || BigInt(number) === x[i])
    }
  }
  const y = (b as Int64Column).values
  const others = new Int32Array(y.buffer, y.byteOffset, 2 * y.length)
  return (i, j) => halves[2 * i] === others[2 * j] && halves[2 * i + 1] === others[2 * j + 1]
}

function equalBytes(a: BytesColumn | FixedBinaryColumn, b: BytesColumn | FixedBinaryColumn): RowsEqual {
  const x = a.bytes
  const y = b.bytes
  const startA = startOf(a)
  const startB = startOf(b)
  return (i, j) => {
    let from = startA(i)
    let other = startB(j)
    const end = startA(i + 1)
    if (end - from !== startB(j + 1) - other) return false
    while (from < end) if (x[from++] !== y[other++]) return false
    return true
  }
}

function startOf(column: BytesColumn | FixedBinaryColumn): (row: number) => number {
  if ('offsets' in column) {
    const { offsets } = column
    return row => offsets[row]!
  }
  const { byteLength } = column.type
  return row => row * byteLength
}

function equalLists(a: ListColumn, b: ListColumn): RowsEqual {
  const equal = equalCells(a.item, b.item)
  return (i, j) => {
    let from = a.offsets[i]!
    let other = b.offsets[j]!
    const end = a.offsets[i + 1]!
    if (end - from !== b.offsets[j + 1]! - other) return false
    while (from < end) if (!equal(from++, other++)) return false
    return true
  }
}

function equalStructs(a: StructColumn, b: StructColumn): RowsEqual {
  const fields = pairedByName(namesOf(a), a.children, namesOf(b), b.children)
  const equal = fields.map(([x, y]) => equalCells(x, y))
  return (i, j) => equal.every(one => one(i, j))
}

const namesOf = (column: StructColumn): readonly string[] => column.type.fields.map(field => field.name)
