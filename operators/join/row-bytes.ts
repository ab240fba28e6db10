/** Row bytes: what single rows take, so that a batch of chosen rows can be cut before it grows too large. */
import type { BytesColumn, Column, ListColumn, StructColumn } from '../batch/batch.ts'
import type { ColumnType } from '../batch/column-type.ts'
import { numberArray } from '../batch/number-array.ts'

const OFFSET_BYTES = 4

/** Bytes that each row of the type takes; null where rows differ. */
export function fixedRowBytes(type: ColumnType): number | null {
  switch (type.kind) {
    case 'null':
      return 0
    case 'boolean':
      return 1
    case 'number':
      return numberArray(type.width, 0).BYTES_PER_ELEMENT
    case 'int64':
    case 'timestamp':
      return 8
    case 'fixedBinary':
      return type.byteLength
    case 'utf8':
    case 'binary':
    case 'list':
      return null
    case 'struct': {
      const fields = type.fields.map(field => fixedRowBytes(field.type))
      return fields.reduce(
        (sum: number | null, bytes) => (sum === null || bytes === null ? null : sum + bytes),
        0,
      )
    }
  }
}

/** Adds to `sizes[i]` what the row `rows[i]` of the column takes. */
export function addRowBytes(column: Column, rows: Int32Array, length: number, sizes: Float64Array): void {
  if (column.type.kind === 'utf8' || column.type.kind === 'binary') {
    const { offsets } = column as BytesColumn
    for (let i = 0; i < length; i++) {
      const row = rows[i]!
      sizes[i]! += OFFSET_BYTES + offsets[row + 1]! - offsets[row]!
    }
    return
  }
  const bytes = rangeBytes(column)
  for (let i = 0; i < length; i++) sizes[i]! += bytes(rows[i]!, rows[i]! + 1)
}

/** Bytes of the rows `from … to - 1`. */
function rangeBytes(column: Column): (from: number, to: number) => number {
  const fixed = fixedRowBytes(column.type)
  if (fixed !== null) return (from, to) => (to - from) * fixed
  switch (column.type.kind) {
    case 'list': {
      const { offsets, item } = column as ListColumn
      const items = rangeBytes(item)
      return (from, to) => (to - from) * OFFSET_BYTES + items(offsets[from]!, offsets[to]!)
    }
    case 'struct': {
      const children = (column as StructColumn).children.map(rangeBytes)
      return (from, to) => children.reduce((sum, bytes) => sum + bytes(from, to), 0)
    }
    default: {
      const { offsets } = column as BytesColumn
      return (from, to) => (to - from) * OFFSET_BYTES + offsets[to]! - offsets[from]!
    }
  }
}
