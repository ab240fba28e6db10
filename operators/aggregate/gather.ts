/** Columns of the values that groups have, in the order asked for. */
import type { Column } from '../batch/batch.ts'
import { nullColumn } from '../batch/cast.ts'
import type { ColumnType } from '../batch/column-type.ts'
import { bitBytes } from '../batch/growing.ts'
import { numberArray } from '../batch/number-array.ts'

/** Reads the values of one column by id. Only what the column's type needs is called, and need be there. */
export interface Values {
  isNull(id: number): boolean
  numberOf(id: number): number
  /** Of int64 and timestamp columns. */
  int64Of?(id: number): bigint
  /** Of text and binary columns. */
  byteLengthOf?(id: number): number
  copyBytes?(id: number, target: Uint8Array, offset: number): void
}

/** A column of `ids.length` rows. Lists and structs are not gathered here. */
export function gather(type: ColumnType, values: Values, ids: Int32Array): Column {
  const length = ids.length
  const nulls = validityOf(values, ids)
  switch (type.kind) {
    case 'boolean': {
      const bits = new Uint8Array(bitBytes(length))
      for (let i = 0; i < length; i++) if (values.numberOf(ids[i]!) === 1) bits[i >> 3]! |= 1 << (i & 7)
      return { type, length, ...nulls, bits }
    }
    case 'number': {
      const numbers = numberArray(type.width, length)
      for (let i = 0; i < length; i++) numbers[i] = values.numberOf(ids[i]!)
      return { type, length, ...nulls, values: numbers }
    }
    case 'int64':
    case 'timestamp': {
      const integers = new BigInt64Array(length)
      for (let i = 0; i < length; i++) integers[i] = values.int64Of!(ids[i]!)
      return { type, length, ...nulls, values: integers }
    }
    case 'utf8':
    case 'binary': {
      const offsets = new Int32Array(length + 1)
      let used = 0
      for (let i = 0; i < length; i++) offsets[i + 1] = used += values.byteLengthOf!(ids[i]!)
      const bytes = new Uint8Array(used)
      for (let i = 0; i < length; i++) values.copyBytes!(ids[i]!, bytes, offsets[i]!)
      return { type, length, ...nulls, offsets, bytes }
    }
    case 'fixedBinary': {
      const bytes = new Uint8Array(length * type.byteLength)
      for (let i = 0; i < length; i++) values.copyBytes!(ids[i]!, bytes, i * type.byteLength)
      return { type, length, ...nulls, bytes }
    }
    default:
      return nullColumn(type, length)
  }
}

function validityOf(values: Values, ids: Int32Array): { nullCount: number; validity: Uint8Array | null } {
  let nullCount = 0
  for (let i = 0; i < ids.length; i++) if (values.isNull(ids[i]!)) nullCount++
  if (nullCount === 0) return { nullCount, validity: null }
  const validity = new Uint8Array(bitBytes(ids.length))
  for (let i = 0; i < ids.length; i++) if (!values.isNull(ids[i]!)) validity[i >> 3]! |= 1 << (i & 7)
  return { nullCount, validity }
}
