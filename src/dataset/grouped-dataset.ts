/** A dataset with keys chosen: `groupBy(…)` on its way to `.aggregate(…)`. */
import { DunlinError } from '../../operators/index.ts'
import { type AggregateNode, aggregateNode, type LogicalKey, type LogicalNode } from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { aggregationSpec } from './aggregations.ts'
import type { Dataset } from './dataset.ts'
import type { AggregationFor, Flat, ResultOf } from './record-types.ts'

export function namedAggregations(
  aggregations: Readonly<Record<string, unknown>>,
): AggregateNode['aggregations'] {
  const named = Object.entries(aggregations).map(([as, one]) => ({ as, spec: aggregationSpec(as, one) }))
  if (named.length > 0) return named
  throw new DunlinError('INVALID_ARGUMENT', 'aggregate: name at least one aggregation', {
    hint: 'For the groups alone, use select(…).distinct().',
  })
}

/**
 * Records of type `T` in groups of equal keys. Comes from `groupBy`; `aggregate` makes a dataset of it again.
 *
 * @example
 * const byParity = range(5).groupBy(n => (n % 2 === 0 ? 'even' : 'odd'))
 * await byParity.aggregate({ n: count() }).collect() // [{ key: 'even', n: 3 }, { key: 'odd', n: 2 }]
 */
export class GroupedDataset<T, Keys> {
  readonly #node: LogicalNode
  readonly #keys: readonly LogicalKey[]
  readonly #dataset: <R>(node: LogicalNode) => Dataset<R>

  /** Grouped datasets come from `groupBy`. */
  constructor(node: LogicalNode, keys: readonly LogicalKey[], dataset: <R>(node: LogicalNode) => Dataset<R>) {
    this.#node = node
    this.#keys = keys
    this.#dataset = dataset
  }

  /**
   * One record per group: an object of its keys, and of the aggregations under the names given. Groups stand in the
   * order of first appearance within a partition.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when there is no aggregation, or one has the name of a key; when the job
   * runs, `UNKNOWN_COLUMN` when the records have no such column, and what the aggregations say
   *
   * @example
   * const orders = read.jsonl<{ country: string; amount: number }>('orders/')
   * const byCountry = orders.groupBy('country').aggregate({ orders: count(), largest: max('amount') })
   * await byCountry.take(1) // [{ country: 'NZ', orders: 2, largest: 12.5 }]
   */
  aggregate<const A extends Readonly<Record<string, AggregationFor<T>>>>(
    aggregations: A,
  ): Dataset<Flat<Keys & { -readonly [As in keyof A]: ResultOf<T, A[As]> }>> {
    const named = namedAggregations(aggregations)
    const clash = named.find(({ as }) => this.#keys.some(key => key.as === as))
    if (clash !== undefined) {
      throw new DunlinError('INVALID_ARGUMENT', `aggregate: ${clash.as} is both a key and an aggregation`, {
        hint: 'Give the aggregation another name.',
      })
    }
    return this.#dataset(aggregateNode(this.#node, this.#keys, named, 'object', userCallSite()))
  }
}
