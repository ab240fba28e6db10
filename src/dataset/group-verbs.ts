/** The verbs that make one record of several: `groupBy`, `aggregate`, `reduceByKey`, `valueCounts`. */
import { DunlinError, type TaskArgument } from '../../operators/index.ts'
import type { LogicalKey } from '../../planner/index.ts'
import * as nodes from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import { DERIVE } from './dataset-actions.ts'
import { GroupedDataset, namedAggregations } from './grouped-dataset.ts'
import type {
  AggregationFor,
  ColumnOf,
  Columns,
  EmptyOf,
  Flat,
  NotThenable,
  PairOf,
  ResultOf,
  Scalar,
} from './record-types.ts'
import { type Combine, combineByKey } from './reductions.ts'
import { RowVerbs } from './row-verbs.ts'

/** The part of a dataset that aggregates. */
export abstract class GroupVerbs<T> extends RowVerbs<T> {
  /**
   * Groups by columns, or by what a function returns (column `key`); aggregate the groups with `.aggregate`. NaN is
   * one group, null is one, and −0 is 0.
   *
   * @throws DunlinError `UNKNOWN_COLUMN` when the records have no such column; `USER_FUNCTION` when the function
   * throws or returns a promise; `INVALID_ARGUMENT` when no key is given
   *
   * @example
   * const orders = read.jsonl<{ country: string; amount: number }>('orders/')
   * const totals = orders.groupBy('country').aggregate({ total: sum('amount') })
   * await totals.collect() // [{ country: 'NZ', total: 12.5 }, { country: 'PT', total: 3 }]
   * await range(3).groupBy(n => n % 2).aggregate({ n: count() }).collect() // [{ key: 0, n: 2 }, { key: 1, n: 1 }]
   */
  groupBy<C extends ColumnOf<T>>(
    ...columns: [C, ...C[]]
  ): GroupedDataset<T, Flat<Pick<Columns<T>, C & keyof Columns<T>>>>
  groupBy<K extends NotThenable>(key: (record: T, task: TaskArgument) => K): GroupedDataset<T, { key: K }>
  groupBy(...keys: (string | ((record: T, task: TaskArgument) => unknown))[]): object {
    if (keys.length === 0)
      throw new DunlinError('INVALID_ARGUMENT', 'groupBy: name a column, or give a function')
    const logical = keys.map(
      (key): LogicalKey =>
        typeof key === 'string'
          ? { kind: 'column', column: key, as: key }
          : { kind: 'function', fn: argument.fn('groupBy', key), as: 'key' },
    )
    return new GroupedDataset(this.node, logical, node => this[DERIVE](node))
  }

  /**
   * Aggregates all records into one: an object with a field per aggregation. No records give one too.
   *
   * @throws DunlinError `UNKNOWN_COLUMN` when the records have no such column; `INVALID_ARGUMENT` when there is no
   * aggregation; and what the aggregations say
   *
   * @example
   * await range(5).aggregate({ n: count(), largest: max('value') }).collect() // [{ n: 5, largest: 4 }]
   */
  aggregate<const A extends Readonly<Record<string, AggregationFor<T>>>>(
    aggregations: A,
  ): Dataset<Flat<{ -readonly [As in keyof A]: ResultOf<T, A[As]> | EmptyOf<A[As]> }>> {
    return this[DERIVE](
      nodes.aggregateNode(this.node, [], namedAggregations(aggregations), 'object', userCallSite()),
    )
  }

  /**
   * Combines the values of each key of a dataset of pairs, in order. `combine` must be associative.
   *
   * @throws DunlinError `USER_FUNCTION` when `combine` throws or returns a promise; `UNKNOWN_COLUMN` when the records
   * are not pairs
   *
   * @example
   * const pairs = from([['a', 1], ['b', 5], ['a', 2]] as [string, number][])
   * await pairs.reduceByKey((x, y) => x + y).collect() // [['a', 3], ['b', 5]]
   */
  reduceByKey(
    this: T extends readonly [unknown, unknown] ? Dataset<T> : never,
    combine: Combine<PairOf<T>[1]>,
  ): Dataset<PairOf<T>> {
    const self = this as Dataset<T>
    argument.fn('reduceByKey', combine)
    const key: LogicalKey = { kind: 'column', column: 'key', as: 'key' }
    return self[DERIVE](
      nodes.aggregateNode(
        self.node,
        [key],
        [{ as: 'value', spec: combineByKey(combine) }],
        'pair',
        userCallSite(),
      ),
    )
  }

  /**
   * How often each value stands in a dataset of scalars.
   *
   * @throws DunlinError `UNKNOWN_COLUMN` when the records are not scalars
   *
   * @example
   * await from(['a', 'b', 'a']).valueCounts().collect() // [{ value: 'a', count: 2 }, { value: 'b', count: 1 }]
   */
  valueCounts(this: T extends Scalar ? Dataset<T> : never): Dataset<{ value: T; count: number }> {
    const self = this as Dataset<T>
    const key: LogicalKey = { kind: 'column', column: 'value', as: 'value' }
    return self[DERIVE](
      nodes.aggregateNode(
        self.node,
        [key],
        [{ as: 'count', spec: { op: 'count' } }],
        'object',
        userCallSite(),
      ),
    )
  }
}
