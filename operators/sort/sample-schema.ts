/** The schemas of samples and splitters: positions of rows among all rows of a dataset. */
import type { Batch, Column } from '../batch/batch.ts'
import type { ColumnType, Schema } from '../batch/column-type.ts'

const BINARY: ColumnType & { kind: 'binary' } = { kind: 'binary' }
const NUMBER: ColumnType & { kind: 'number' } = { kind: 'number', width: 'float64' }

/** A row by its encoded key, the index of its task, and its number in the task: no two rows share all three. */
export const SPLITTER_SCHEMA: Schema = {
  shape: 'object',
  fields: [
    { name: 'key', type: BINARY },
    { name: 'task', type: NUMBER },
    { name: 'row', type: NUMBER },
  ],
}

/** A position, and how many rows it stands for. */
export const SAMPLE_SCHEMA: Schema = {
  shape: 'object',
  fields: [...SPLITTER_SCHEMA.fields, { name: 'weight', type: NUMBER }],
}

/** @param keys of `rows.length` rows */
export function sampleBatch(
  keys: { readonly bytes: Uint8Array; readonly offsets: Int32Array },
  task: number,
  rows: Float64Array,
  weight: number,
): Batch {
  const { length } = rows
  const column = { length, nullCount: 0, validity: null }
  const numbers = (values: Float64Array): Column => ({ type: NUMBER, ...column, values })
  return {
    schema: SAMPLE_SCHEMA,
    length,
    columns: [
      { type: BINARY, ...column, ...keys },
      numbers(new Float64Array(length).fill(task)),
      numbers(rows),
      numbers(new Float64Array(length).fill(weight)),
    ],
  }
}
