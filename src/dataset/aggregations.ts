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
 * from([{ k: 'a' }, { k: 'a' }]).groupBy('k').aggregate({ n: count() }) // { k: 'a', n: 2 }
 */
export function count(): Aggregation<never, 'count'>
export function count<C extends string>(column: C): Aggregation<C, 'count'>
export function count(column?: string): Aggregation<string, 'count'> {
  return new PlannedAggregation(column === undefined ? { op: 'count' } : { op: 'count', column }, column)
}

/** The sum of a column of numbers (added in order, as float64) or bigints (exact; an error past int64). Nulls are skipped; null if there is nothing else. */
export function sum<C extends string>(column: C): Aggregation<C, 'sum'> {
  return new PlannedAggregation({ op: 'sum', column }, column)
}

/** The mean of a numeric column, as float64. Nulls are skipped; null if there is nothing else. */
export function mean<C extends string>(column: C): Aggregation<C, 'mean'> {
  return new PlannedAggregation({ op: 'mean', column }, column)
}

/** The smallest value of a column, in the order that `sortBy` has: strings by UTF-8 bytes, NaN the greatest. */
export function min<C extends string>(column: C): Aggregation<C, 'same'> {
  return new PlannedAggregation({ op: 'min', column }, column)
}

/** The greatest value of a column, in the order that `sortBy` has: strings by UTF-8 bytes, NaN the greatest. */
export function max<C extends string>(column: C): Aggregation<C, 'same'> {
  return new PlannedAggregation({ op: 'max', column }, column)
}

/** The parts of an aggregation of your own. States travel between tasks, so they are records too: plain data. */
export interface AggregationParts<T, S, R> {
  readonly init: () => S
  readonly add: (state: S, record: T) => S
  /** Must be associative: states are merged in groups, in the order of the data. */
  readonly merge: (a: S, b: S) => S
  readonly finish: (state: S) => R
}

/**
 * An aggregation of your own.
 *
 * @example
 * const longest = aggregation({
 *   init: () => '',
 *   add: (best, row: { word: string }) => (row.word.length > best.length ? row.word : best),
 *   merge: (a, b) => (b.length > a.length ? b : a),
 *   finish: best => best,
 * })
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
