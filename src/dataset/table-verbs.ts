/** The verbs about whole datasets: `distinct`, `union`, `intersect`, `except`, `join`. */
import { DunlinError, type TaskArgument } from '../../operators/index.ts'
import type { LogicalKey } from '../../planner/index.ts'
import * as nodes from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import { DERIVE } from './dataset-actions.ts'
import { joinFields } from './join-fields.ts'
import type { JoinDemands, Joined, JoinOptions } from './join-types.ts'
import { OrderVerbs } from './order-verbs.ts'
import type { ColumnOf, NotThenable } from './record-types.ts'

/** The part of a dataset that compares and puts together whole datasets. */
export abstract class TableVerbs<T> extends OrderVerbs<T> {
  /**
   * Each record once, by all its columns, by some, or by what a function returns; the first of equal ones stays. NaN
   * equals NaN, −0 equals 0, and null equals null.
   *
   * @throws DunlinError `UNKNOWN_COLUMN` when the records have no such column; `USER_FUNCTION` when the function
   * throws or returns a promise
   *
   * @example
   * await from([3, 1, 3]).distinct().collect() // [3, 1]
   * await from(['ab', 'a', 'cd']).distinct(word => word.length).collect() // ['ab', 'a']
   * const orders = read.jsonl<{ customer: string; country: string }>('orders/').select('customer', 'country')
   * await orders.distinct('country').select('customer').collect() // [{ customer: 'ann' }, { customer: 'cas' }]
   */
  distinct(...columns: ColumnOf<T>[]): Dataset<T>
  distinct(key: (record: T, task: TaskArgument) => NotThenable): Dataset<T>
  distinct(...keys: (string | ((record: T, task: TaskArgument) => unknown))[]): Dataset<T> {
    const at = userCallSite()
    if (keys.length === 0) return this[DERIVE](nodes.aggregateNode(this.node, 'all', [], 'object', at))
    const logical = keys.map(
      (key, i): LogicalKey =>
        typeof key === 'string'
          ? { kind: 'column', column: argument.text('distinct', 'a column', key), as: key }
          : {
              kind: 'function',
              fn: argument.fn('distinct', key, 'a key', 'a column or a function'),
              as: `key ${i}`,
            },
    )
    return this[DERIVE](nodes.distinctByNode(this.node, logical, at))
  }

  /**
   * The records of this dataset, then those of the others, in order. Columns that some lack are null there.
   *
   * @throws DunlinError `TYPE_MISMATCH` when a column has two types, or the records two shapes
   *
   * @example
   * await range(2).union(range(10, 12)).collect() // [0, 1, 10, 11]
   */
  union(...others: readonly Dataset<T>[]): Dataset<T> {
    const inputs = [this.node, ...others.map(other => dataset('union', other).node)]
    return this[DERIVE](nodes.unionNode(inputs, userCallSite()))
  }

  /**
   * The records that the other dataset has too, each once. Null equals null, NaN equals NaN, −0 equals 0.
   *
   * @throws DunlinError `TYPE_MISMATCH` when a column has two types, the records two shapes (`INVALID_PLAN` where the
   * plan shows it), or the sides no column in common.
   *
   * @example
   * await from([1, 2, 2, 3]).intersect(from([3, 2])).sortBy('value').collect() // [2, 3]
   */
  intersect(other: Dataset<T>): Dataset<T> {
    const right = dataset('intersect', other).node
    return this[DERIVE](nodes.setNode('intersect', this.node, right, userCallSite()))
  }

  /**
   * The records that the other dataset has not, each once. Null equals null, NaN equals NaN, −0 equals 0.
   *
   * @throws DunlinError `TYPE_MISMATCH` when a column has two types, the records two shapes (`INVALID_PLAN` where the
   * plan shows it), or the sides no column in common.
   *
   * @example
   * await from([1, 2, 2, 3]).except(from([3])).sortBy('value').collect() // [1, 2]
   */
  except(other: Dataset<T>): Dataset<T> {
    const right = dataset('except', other).node
    return this[DERIVE](nodes.setNode('except', this.node, right, userCallSite()))
  }

  /**
   * Puts records of two datasets together whose key columns are equal: `on` names them, `'a'`, `['a', 'b']`, or
   * `{ left: 'right' }`. Gives objects: the left's columns, then those of the right that are not keys; a key stands
   * once, under the left's name. Null equals nothing. `how`:
   *
   * - `inner` (default): a record for each pair that matches
   * - `left`, `right`, `full`: also the records of that side, or of both, that match nothing, with nulls for the other
   * - `semi`, `anti`: the left's records that match, or do not, as they are
   * - `cross`: every pair, without `on`; one side must be small
   *
   * Names that both sides have need a `suffix` for the right's. A side that is small by the size of its files goes to
   * every task (`broadcastBytes`, default 16 MiB); else equal keys of both meet in one partition (`strategy` forces
   * one of them). A key that very many records have is divided among tasks (`divideSkew`).
   *
   * @throws DunlinError `INVALID_ARGUMENT` when an option is of no such form; `UNKNOWN_COLUMN` when a side has no such
   * column; `NAME_CLASH` when two columns of the result would have one name; `TYPE_MISMATCH` when the keys' types
   * cannot be equal; `INVALID_PLAN` when neither side of a cross join is small
   *
   * @example
   * const orders = read.jsonl<{ customer: string; country: string; amount: number }>('orders/')
   * const names = from([{ code: 'NZ', name: 'New Zealand' }, { code: 'FJ', name: 'Fiji' }])
   * const named = orders.join(names, { on: { country: 'code' }, how: 'left' }).select('customer', 'name')
   * await named.top(1, 'customer').collect() // [{ customer: 'cas', name: null }]
   * await orders.join(names, { on: { country: 'code' }, how: 'anti' }).count() // 1
   */
  join<U, const O extends JoinOptions<T, U>>(
    other: Dataset<U>,
    options: O & JoinDemands<T, U, O>,
  ): Dataset<Joined<T, U, O>> {
    const right = dataset('join', other).node
    return this[DERIVE](nodes.joinNode({ left: this.node, right, ...joinFields(options) }, userCallSite()))
  }
}

function dataset<U>(verb: string, value: Dataset<U>): Dataset<U> {
  if (typeof value === 'object' && value !== null && DERIVE in value) return value
  throw new DunlinError('INVALID_ARGUMENT', `${verb}: the other side is not a dataset`, {
    hint: 'Make one of an array with from(array).',
  })
}
