/** Bytes of single rows: where batches are cut before their rows have been copied. */
import type { Batch, BytesColumn, Column, ListColumn, NumberColumn, StructColumn } from '../batch/batch.ts'
import type { ColumnType } from '../batch/column-type.ts'

/** Counted bytes of a row of any batch of these columns, null where rows differ. Without validity, as appenders count. */
export function fixedRowBytes(types: readonly ColumnType[]): number | null {
  let bytes = 0
  for (const type of types) {
    if (type.kind === 'utf8' || type.kind === 'binary' || type.kind === 'list') return null
    if (type.kind === 'struct') {
      const inner = fixedRowBytes(type.fields.map(field => field.type))
      if (inner === null) return null
      bytes += inner
    } else bytes += fixedBytes(type)
  }
  return bytes
}

function fixedBytes(type: ColumnType): number {
  switch (type.kind) {
    case 'number':
      return NUMBER_BYTES[type.width]
    case 'int64':
    case 'timestamp':
      return 8
    case 'boolean':
      return 1 / 8
    case 'fixedBinary':
      return type.byteLength
    default:
      return 0
  }
}

const NUMBER_BYTES = { int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, float32: 4, float64: 8 }

/** Counted bytes of one row. */
export function rowBytes({ columns }: Batch, row: number): number {
  let bytes = 0
  for (let i = 0; i < columns.length; i++) bytes += rangeBytes(columns[i]!, row, row + 1)
  return bytes
}

/** Of rows `from … to - 1`: offsets tell it without looking at the rows. */
function rangeBytes(column: Column, from: number, to: number): number {
  switch (column.type.kind) {
    case 'number':
      return (to - from) * (column as NumberColumn).values.BYTES_PER_ELEMENT
    case 'utf8':
    case 'binary': {
      const { offsets } = column as BytesColumn
      return 4 * (to - from) + offsets[to]! - offsets[from]!
    }
    case 'list': {
      const { offsets, item } = column as ListColumn
      return 4 * (to - from) + rangeBytes(item, offsets[from]!, offsets[to]!)
    }
    case 'struct': {
      let bytes = 0
      for (const child of (column as StructColumn).children) bytes += rangeBytes(child, from, to)
      return bytes
    }
    default:
      return (to - from) * fixedBytes(column.type)
  }
}
