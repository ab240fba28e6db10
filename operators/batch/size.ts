/** Batch sizes: bytes counted from lengths, the same on every machine, whatever memory is really held. */
import type { Batch, Column } from './batch.ts'
import { bitBytes } from './growing.ts'

/** Bytes of the data of all columns, as Arrow would lay them out, without padding. */
export function batchBytes(batch: Batch): number {
  let bytes = 0
  for (const column of batch.columns) bytes += columnBytes(column, column.length)
  return bytes
}

function columnBytes(column: Column, rows: number): number {
  return (column.nullCount > 0 ? bitBytes(rows) : 0) + dataBytes(column, rows)
}

function dataBytes(column: Column, rows: number): number {
  switch (column.type.kind) {
    case 'null':
      return 0
    case 'boolean':
      return bitBytes(rows)
    case 'number':
      return rows * (column as Extract<Column, { type: { kind: 'number' } }>).values.BYTES_PER_ELEMENT
    case 'int64':
    case 'timestamp':
      return rows * 8
    case 'utf8':
    case 'binary':
      return 4 * (rows + 1) + (column as Extract<Column, { offsets: Int32Array }>).offsets[rows]!
    case 'fixedBinary':
      return rows * column.type.byteLength
    case 'list': {
      const { offsets, item } = column as Extract<Column, { item: Column }>
      return 4 * (rows + 1) + columnBytes(item, offsets[rows]!)
    }
    case 'struct':
      return (column as Extract<Column, { children: readonly Column[] }>).children.reduce(
        (n, c) => n + columnBytes(c, rows),
        0,
      )
  }
}
