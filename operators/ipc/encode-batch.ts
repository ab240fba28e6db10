/** Encoding of one batch as an Arrow record-batch message. */
import '../batch/endianness.ts'
import type {
  Batch,
  BooleanColumn,
  BytesColumn,
  Column,
  FixedBinaryColumn,
  Int64Column,
  ListColumn,
  NumberColumn,
  StructColumn,
} from '../batch/batch.ts'
import { bitBytes } from '../batch/growing.ts'
import { sliceColumn } from '../batch/take.ts'
import { messageTemplate } from './message-template.ts'
import type { PieceWriter } from './piece-writer.ts'

const NOTHING = new Uint8Array(0)

/** Reused by every encoding: the nodes and buffers of one batch, in Arrow's pre-order. */
const lengths: number[] = []
const nullCounts: number[] = []
const buffers: Uint8Array[] = []

export interface EncodedBatch {
  readonly metadataBytes: number
  readonly bodyBytes: number
}

/** Writes message and body. Everything starts at multiples of 8, so that reading needs no copies. */
export function encodeBatch(batch: Batch, out: PieceWriter): EncodedBatch {
  lengths.length = 0
  nullCounts.length = 0
  buffers.length = 0
  for (const column of batch.columns) addColumn(column, batch.length)

  const template = messageTemplate(lengths.length, buffers.length)
  const message = out.reserve(template.bytes.length)
  message.set(template.bytes)
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  setInt64(view, template.rowsAt, batch.length)
  for (let i = 0; i < lengths.length; i++) {
    setInt64(view, template.nodesAt + 16 * i, lengths[i]!)
    setInt64(view, template.nodesAt + 16 * i + 8, nullCounts[i]!)
  }
  let bodyBytes = 0
  for (let i = 0; i < buffers.length; i++) {
    setInt64(view, template.buffersAt + 16 * i, bodyBytes)
    setInt64(view, template.buffersAt + 16 * i + 8, buffers[i]!.length)
    bodyBytes += (buffers[i]!.length + 7) & ~7
  }
  setInt64(view, template.bodyLengthAt, bodyBytes)
  for (const buffer of buffers) out.write(buffer)
  buffers.length = 0
  return { metadataBytes: template.bytes.length, bodyBytes }
}

/** Lengths are below 2^53 by far, and never negative. */
function setInt64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true)
}

function addColumn(column: Column, rows: number): void {
  // A list's items, or a column that is longer than its batch, may hold rows that are not meant.
  if (column.length !== rows) column = sliceColumn(column, 0, rows)
  lengths.push(rows)
  nullCounts.push(column.nullCount)
  const { type } = column
  if (type.kind === 'null') return
  const { validity } = column
  buffers.push(column.nullCount === 0 || validity === null ? NOTHING : validity.subarray(0, bitBytes(rows)))
  switch (type.kind) {
    case 'boolean':
      buffers.push((column as BooleanColumn).bits.subarray(0, bitBytes(rows)))
      break
    case 'number':
    case 'int64':
    case 'timestamp': {
      const { values } = column as NumberColumn | Int64Column
      buffers.push(bytesOf(values, rows))
      break
    }
    case 'utf8':
    case 'binary': {
      const { offsets, bytes } = column as BytesColumn
      buffers.push(bytesOf(offsets, rows + 1), bytes.subarray(0, offsets[rows]))
      break
    }
    case 'fixedBinary':
      buffers.push((column as FixedBinaryColumn).bytes.subarray(0, rows * type.byteLength))
      break
    case 'list': {
      const { offsets, item } = column as ListColumn
      buffers.push(bytesOf(offsets, rows + 1))
      addColumn(item, offsets[rows]!)
      break
    }
    case 'struct':
      for (const child of (column as StructColumn).children) addColumn(child, rows)
  }
}

function bytesOf(values: NumberColumn['values'] | BigInt64Array, length: number): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, length * values.BYTES_PER_ELEMENT)
}
