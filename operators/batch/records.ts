/** Records: the rows of a batch as JavaScript sees them. */
import { DunlinError } from '../errors.ts'
import type { Batch } from './batch.ts'
import { columnReader } from './column-value.ts'
import { columnValues } from './column-values.ts'
import { objectMaker } from './object-maker.ts'

/**
 * All records of a batch, in order: scalars, `[key, value]` pairs, or fresh plain objects.
 *
 * @throws TOO_LARGE for an int64 beyond 2^53 in a column that reads as numbers.
 */
export function recordsOf(batch: Batch): unknown[] {
  const { schema, length } = batch
  const values = batch.columns.map((column, i) => columnValues(column, { column: schema.fields[i]!.name }))
  if (schema.shape === 'object') return objectMaker(schema.fields.map(f => f.name)).rows(values, length)
  const records = new Array<unknown>(length)
  const first = values[0]!
  if (schema.shape === 'scalar') {
    if (Array.isArray(first)) return first
    for (let row = 0; row < length; row++) records[row] = first[row]
  } else {
    const second = values[1]!
    for (let row = 0; row < length; row++) records[row] = [first[row], second[row]]
  }
  return records
}

/**
 * Reads single records of a batch. `columns` leaves the other fields out of object records.
 *
 * @throws UNKNOWN_COLUMN for a name that the batch does not have.
 */
export function recordReader(batch: Batch, columns?: readonly string[]): (row: number) => unknown {
  const { shape, fields } = batch.schema
  const read = (i: number): ((row: number) => unknown) =>
    columnReader(batch.columns[i]!, { column: fields[i]!.name })
  if (shape === 'scalar') return read(0)
  if (shape === 'pair') {
    const key = read(0)
    const value = read(1)
    return row => [key(row), value(row)]
  }
  const names = columns ?? fields.map(f => f.name)
  return objectMaker(names).row(names.map(name => read(columnIndex(batch, name))))
}

function columnIndex(batch: Batch, name: string): number {
  const index = batch.schema.fields.findIndex(f => f.name === name)
  if (index >= 0) return index
  throw new DunlinError('UNKNOWN_COLUMN', `there is no column "${name}"`, {
    hint: `The columns are ${batch.schema.fields.map(f => f.name).join(', ')}.`,
  })
}
