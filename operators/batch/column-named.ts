/** Columns by the names that people use for them; the key of a fixed-length record is one, though no column of its own. */
import type { Batch, Column, FixedBinaryColumn } from './batch.ts'
import type { Schema } from './column-type.ts'
import { recordKey, recordLength } from './record-key.ts'

/** A batch's keys are copied out once, however many operators look at them. */
const keys = new WeakMap<Column, Map<string, FixedBinaryColumn>>()

/**
 * The column of that name, or null. Of fixed-length records `key` is the bytes that the schema says (all of them where
 * it says nothing), copied out side by side; `value` is the whole records.
 */
export function columnNamed(batch: Batch, name: string): Column | null {
  const { schema, columns } = batch
  if (schema.shape === 'record' && name === 'key') return keyColumn(batch)
  const index = schema.fields.findIndex(field => field.name === name)
  return index === -1 ? null : columns[index]!
}

/** The names by which `columnNamed` finds something: for fixed-length records `key` and `value`. */
export function columnNames(schema: Schema): string[] {
  const names = schema.fields.map(field => field.name)
  return schema.shape === 'record' ? ['key', ...names] : names
}

function keyColumn(batch: Batch): FixedBinaryColumn {
  const records = batch.columns[0] as FixedBinaryColumn
  const [offset, length] = recordKey(batch.schema)
  const stride = recordLength(batch.schema)
  if (offset === 0 && length === stride) return records
  let ofRecords = keys.get(records)
  if (ofRecords === undefined) keys.set(records, (ofRecords = new Map()))
  const place = `${offset},${length}`
  let column = ofRecords.get(place)
  if (column === undefined) {
    const { validity, nullCount } = records
    const bytes = cutOut(records.bytes, batch.length, stride, offset, length)
    column = {
      type: { kind: 'fixedBinary', byteLength: length },
      length: batch.length,
      nullCount,
      validity,
      bytes,
    }
    ofRecords.set(place, column)
  }
  return column
}

/** Keys are short: a loop over their bytes is faster than a view for each of them. */
function cutOut(bytes: Uint8Array, rows: number, stride: number, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(rows * length)
  let to = 0
  for (let row = 0; row < rows; row++) {
    const from = row * stride + offset
    for (let i = 0; i < length; i++) out[to++] = bytes[from + i]!
  }
  return out
}
