/** What an aggregation of a column says of itself in errors. */
import { DunlinError } from '../errors.ts'

export interface ColumnAggregation {
  /** The operator as `explain` names it. */
  readonly operator: string
  readonly op: 'sum' | 'mean' | 'min' | 'max'
  readonly column: string
}

const TAKES = {
  sum: 'numbers and bigints',
  mean: 'numbers and bigints',
  min: 'numbers, bigints, strings, dates and booleans',
  max: 'numbers, bigints, strings, dates and booleans',
} as const

/** `type` is the column's, as people write it. */
export function cannotTake(of: ColumnAggregation, type: string): DunlinError {
  const { op, column, operator } = of
  return new DunlinError(
    'TYPE_MISMATCH',
    `${op}("${column}") takes ${TAKES[op]}, but column "${column}" is ${type}`,
    {
      hint: 'Aggregate another column, or convert this one in a map step before.',
      place: { operator },
    },
  )
}
