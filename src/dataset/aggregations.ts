/** The aggregations that `aggregate` takes. */
import { DunlinError } from '../../operators/index.ts'
import type { LogicalAggregation, UserFunction } from '../../planner/index.ts'
import type { Aggregation, AggregationKind, UserKind } from './record-types.ts'

/** An aggregation and what the planner makes of it. */
class PlannedAggregation<C extends string, Kind extends AggregationKind> implements Aggregation<C, Kind> {
  declare readonly kind: Kind
  readonly column: C | undefined
  readonly spec: LogicalAggregation

  constructor(spec: LogicalAggregation, column?: C) {
    this.spec = spec
    this.column = column
    Object.freeze(this)
  }
}

/** What the planner is given for an aggregation; anything else that got past the types is refused. */
export function aggregationSpec(as: string, aggregation: unknown): LogicalAggregation {
  if (aggregation instanceof PlannedAggregation) return aggregation.spec
  throw new DunlinError('INVALID_ARGUMENT', `aggregate: ${as} is not an aggregation`, {
    hint: 'Use count(), sum(column), min(column), max(column), mean(column) or aggregation({ … }).',
  })
}

/**
 * Counts rows, or with a column the rows where it is not null.
 *
 * @example
 * const rows = from([{ k: 'a', v: 1 }, { k: 'a', v: null }])
 * await rows.groupBy('k').aggregate({ all: count(), known: count('v') }).collect() // [{ k: 'a', all: 2, known: 1 }]
 */
export function count(): Aggregation<never, 'count'>
export function count<C extends string>(column: C): Aggregation<C, 'count'>
export function count(column?: string): Aggregation<string, 'count'> {
  return new PlannedAggregation(column === undefined ? { op: 'count' } : { op: 'count', column }, column)
}

/**
 * The sum of a column of numbers (float64, added in order) or bigints (exact). Nulls are skipped; null if there is
 * nothing else.
 *
 * @throws DunlinError `TYPE_MISMATCH` when the column holds neither; `TOO_LARGE` when a sum of bigints is beyond 64
 * bits. Both are what the job rejects with
 *
 * @example
 * await range(5).aggregate({ total: sum('value') }).collect() // [{ total: 10 }]
 */
export function sum<C extends string>(column: C): Aggregation<C, 'sum'> {
  return new PlannedAggregation({ op: 'sum', column }, column)
}

/**
 * The mean of a column of numbers or bigints, as float64. Nulls are skipped; null if there is nothing else.
 *
 * @throws DunlinError `TYPE_MISMATCH` when the column holds neither, as the job's rejection
 *
 * @example
 * await from([1, 2, 6]).aggregate({ typical: mean('value') }).collect() // [{ typical: 3 }]
 */
export function mean<C extends string>(column: C): Aggregation<C, 'mean'> {
  return new PlannedAggregation({ op: 'mean', column }, column)
}

/**
 * The smallest value of a column of numbers, bigints, strings (by UTF-8 bytes), dates or booleans; NaN is the
 * greatest number. Nulls are skipped; null if there is nothing else.
 *
 * @throws DunlinError `TYPE_MISMATCH` when the column holds anything else, as the job's rejection
 *
 * @example
 * await from(['b', 'a', 'C']).aggregate({ first: min('value') }).collect() // [{ first: 'C' }]
 */
export function min<C extends string>(column: C): Aggregation<C, 'same'> {
  return new PlannedAggregation({ op: 'min', column }, column)
}

/**
 * The greatest value of a column of numbers, bigints, strings (by UTF-8 bytes), dates or booleans; NaN is the
 * greatest number. Nulls are skipped; null if there is nothing else.
 *
 * @throws DunlinError `TYPE_MISMATCH` when the column holds anything else, as the job's rejection
 *
 * @example
 * await from([2, 10, 9]).aggregate({ largest: max('value') }).collect() // [{ largest: 10 }]
 */
export function max<C extends string>(column: C): Aggregation<C, 'same'> {
  return new PlannedAggregation({ op: 'max', column }, column)
}

/** The parts of an aggregation of your own. States travel between tasks, so they are records too: plain data. */
export interface AggregationParts<T, S, R> {
  /** The state before any record. */
  readonly init: () => S
  /** The state with one more record. */
  readonly add: (state: S, record: T) => S
  /** Must be associative: states are merged in groups, in the order of the data. */
  readonly merge: (a: S, b: S) => S
  /** The result of a group, from its state. */
  readonly finish: (state: S) => R
}

/**
 * An aggregation of your own: `add` folds the records of a task into a state, `merge` joins the states of two tasks.
 *
 * @throws DunlinError `INVALID_ARGUMENT` when a part is not a function; when the job runs, `USER_FUNCTION` when one
 * throws or returns a promise, `CANNOT_SHIP` when one captures what exists in this process only
 *
 * @example
 * const longest = aggregation({
 *   init: () => '',
 *   add: (best, row: { word: string }) => (row.word.length > best.length ? row.word : best),
 *   merge: (a, b) => (b.length > a.length ? b : a),
 *   finish: best => best,
 * })
 * await from([{ word: 'sea' }, { word: 'whale' }]).aggregate({ longest }).collect() // [{ longest: 'whale' }]
 */
export function aggregation<T, S, R>(parts: AggregationParts<T, S, R>): Aggregation<never, UserKind<T, R>> {
  const part = (name: keyof AggregationParts<T, S, R>): UserFunction => {
    const fn = parts[name]
    if (typeof fn === 'function') return fn
    throw new DunlinError('INVALID_ARGUMENT', `aggregation: ${name} is not a function`, {
      hint: 'Give { init, add, merge, finish }.',
    })
  }
  return new PlannedAggregation<never, UserKind<T, R>>({
    op: 'user',
    init: part('init'),
    add: part('add'),
    merge: part('merge'),
    finish: part('finish'),
  })
}
