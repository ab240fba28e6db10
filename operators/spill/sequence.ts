/** Sequence: rows numbered in the order of their arrival, so that rows that went apart can be put back in order. */
import type { Batch, NumberColumn } from '../batch/batch.ts'
import type { ColumnType } from '../batch/column-type.ts'
import { DunlinError } from '../errors.ts'

/** The column of the numbers; no name that a person would choose. */
export const SEQUENCE = '\u0000sequence'
const TYPE = { kind: 'number', width: 'float64' } as const satisfies ColumnType

/**
 * The batch with its rows' numbers as a last column, whatever the shape of its records. Nothing is copied.
 *
 * @throws NAME_CLASH where the batch has numbers already.
 */
export function withSequence(batch: Batch, sequence: Float64Array): Batch {
  const { schema, length } = batch
  if (schema.fields.some(field => field.name === SEQUENCE)) {
    throw new DunlinError('NAME_CLASH', `a column is called ${JSON.stringify(SEQUENCE)}`, {
      hint: 'Give the column another name: dunlin uses this one itself.',
    })
  }
  const numbers: NumberColumn = { type: TYPE, length, nullCount: 0, validity: null, values: sequence }
  return {
    schema: { ...schema, fields: [...schema.fields, { name: SEQUENCE, type: TYPE }] },
    length,
    columns: [...batch.columns, numbers],
  }
}

/** The batch as it was before `withSequence`, and its numbers: the column may have moved, since schemas have met. */
export function withoutSequence(batch: Batch): { readonly batch: Batch; readonly sequence: Float64Array } {
  const { schema, length, columns } = batch
  const at = sequenceIndex(batch)
  const rest = {
    schema: { ...schema, fields: schema.fields.toSpliced(at, 1) },
    length,
    columns: columns.toSpliced(at, 1),
  }
  return { batch: rest, sequence: sequenceAt(batch, at) }
}

/** The numbers of the rows of a batch. */
export const sequenceOf = (batch: Batch): Float64Array => sequenceAt(batch, sequenceIndex(batch))

const sequenceAt = ({ columns, length }: Batch, index: number): Float64Array =>
  ((columns[index] as NumberColumn).values as Float64Array).subarray(0, length)

function sequenceIndex({ schema }: Batch): number {
  const index = schema.fields.findIndex(field => field.name === SEQUENCE)
  if (index < 0) throw new DunlinError('INTERNAL', 'rows that must be numbered are not')
  return index
}
