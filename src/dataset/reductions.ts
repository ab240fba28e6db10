/** `reduce` and `reduceByKey` as aggregations: closures over the user's own `combine`. */
import type { LogicalAggregation } from '../../planner/index.ts'

/** Makes one value of two, the earlier one first. Must be associative. */
export type Combine<V> = (a: V, b: V) => V

/** Starts with the first value of a key: no state yet is `undefined`, which no record can hold. */
export function combineByKey<V>(combine: Combine<V>): LogicalAggregation {
  return {
    op: 'user',
    init: () => undefined,
    add: (state: V | undefined, pair: readonly [unknown, V]) =>
      state === undefined ? pair[1] : combine(state, pair[1]),
    merge: (a: V, b: V) => combine(a, b),
    finish: (state: V) => state,
  }
}

export function reduction<V>(identity: V, combine: Combine<V>): LogicalAggregation {
  return {
    op: 'user',
    init: () => identity,
    add: (state: V, record: V) => combine(state, record),
    merge: (a: V, b: V) => combine(a, b),
    finish: (state: V) => state,
  }
}
