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

export class GroupedDataset<T, Keys> {
  readonly #node: LogicalNode
  readonly #keys: readonly LogicalKey[]
  readonly #dataset: <R>(node: LogicalNode) => Dataset<R>

  constructor(node: LogicalNode, keys: readonly LogicalKey[], dataset: <R>(node: LogicalNode) => Dataset<R>) {
    this.#node = node
    this.#keys = keys
    this.#dataset = dataset
  }

  /**
   * One record per group: its keys, and the aggregations under the names given.
   *
   * @example
   * orders.groupBy('country').aggregate({ orders: count(), revenue: sum('amount') })
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
