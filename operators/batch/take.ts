/** Taking rows: slices of batches, and several batches as one. */
import type { Batch, Column } from './batch.ts'
import { BatchAppender } from './batch-appender.ts'
import { castBatch } from './cast.ts'
import type { Schema } from './column-type.ts'
import { bitAt, bitBytes } from './growing.ts'
import { unifySchemas } from './schema.ts'

/** Rows `start … end - 1`, clamped to the batch. Shares memory where it can. */
export function sliceBatch(batch: Batch, start: number, end: number): Batch {
  const from = Math.max(0, Math.min(start, batch.length))
  const to = Math.max(from, Math.min(end, batch.length))
  if (from === 0 && to === batch.length) return batch
  return {
    schema: batch.schema,
    length: to - from,
    columns: batch.columns.map(c => sliceColumn(c, from, to)),
  }
}

/** The rows `rows[0] … rows[count - 1]`, which ascend; all of them are the batch itself. */
export function takeRows(batch: Batch, rows: Int32Array, count: number): Batch {
  if (count === batch.length) return batch
  const appender = new BatchAppender(batch.schema)
  appender.append(batch, rows, 0, count)
  return appender.build() ?? sliceBatch(batch, 0, 0)
}

/** Rows `from … to - 1` of a column. */
export function sliceColumn(column: Column, from: number, to: number): Column {
  const { type } = column
  const length = to - from
  if (type.kind === 'null') return { type, length, nullCount: length, validity: null }
  const rows = { length, ...sliceValidity(column, from, to) }
  switch (type.kind) {
    case 'boolean':
      return {
        type,
        ...rows,
        bits: sliceBits((column as Extract<Column, { bits: Uint8Array }>).bits, from, to),
      }
    case 'number':
    case 'int64':
    case 'timestamp':
      return {
        type,
        ...rows,
        values: (column as Extract<Column, { values: unknown }>).values.subarray(from, to),
      } as Column
    case 'fixedBinary': {
      const { bytes } = column as Extract<Column, { bytes: Uint8Array }>
      return { type, ...rows, bytes: bytes.subarray(from * type.byteLength, to * type.byteLength) }
    }
    case 'utf8':
    case 'binary': {
      const { offsets, bytes } = column as Extract<Column, { offsets: Int32Array; bytes: Uint8Array }>
      return {
        type,
        ...rows,
        offsets: rebase(offsets, from, to),
        bytes: bytes.subarray(offsets[from], offsets[to]),
      }
    }
    case 'list': {
      const { offsets, item } = column as Extract<Column, { item: Column }>
      const items = sliceColumn(item, offsets[from]!, offsets[to]!)
      return { type, ...rows, offsets: rebase(offsets, from, to), item: items }
    }
    case 'struct': {
      const { children } = column as Extract<Column, { children: readonly Column[] }>
      return { type, ...rows, children: children.map(c => sliceColumn(c, from, to)) }
    }
  }
}

function rebase(offsets: Int32Array, from: number, to: number): Int32Array {
  const first = offsets[from]!
  return first === 0
    ? offsets.subarray(from, to + 1)
    : offsets.subarray(from, to + 1).map(offset => offset - first)
}

function sliceValidity(
  column: Column,
  from: number,
  to: number,
): { nullCount: number; validity: Uint8Array | null } {
  if (column.nullCount === 0 || column.validity === null) return { nullCount: 0, validity: null }
  let nullCount = 0
  for (let row = from; row < to; row++) if (!bitAt(column.validity, row)) nullCount++
  return { nullCount, validity: nullCount === 0 ? null : sliceBits(column.validity, from, to) }
}

/** Always a copy, with zeros after the end, so that equal columns are equal bytes. */
function sliceBits(bits: Uint8Array, from: number, to: number): Uint8Array {
  const slice = new Uint8Array(bitBytes(to - from))
  const shift = from & 7
  const first = from >> 3
  const last = (to - 1) >> 3
  for (let i = 0; i < slice.length; i++) {
    const high = first + i + 1 <= last ? bits[first + i + 1]! : 0
    slice[i] = (bits[first + i]! >> shift) | (high << (8 - shift))
  }
  const rest = (to - from) & 7
  if (rest !== 0) slice[slice.length - 1]! &= (1 << rest) - 1
  return slice
}

/**
 * The rows of all batches, in order, as one batch of their unified schema.
 *
 * @throws TYPE_MISMATCH where the schemas cannot be unified; RangeError for no batches at all.
 */
export function concatBatches(batches: readonly Batch[]): Batch {
  const first = batches[0]
  if (first === undefined) throw new RangeError('no batches to concatenate')
  if (batches.length === 1) return first
  const schema = batches.reduce<Schema | null>((s, b) => unifySchemas(s, b.schema), null)!
  const appender = new BatchAppender(schema)
  for (const batch of batches) appender.appendRange(castBatch(batch, schema), 0, batch.length)
  return appender.build() ?? castBatch(first, schema)
}
