/** Dataset: a lazy, immutable, typed description of records. Its verbs build frozen plan nodes; nothing runs. */
import { DunlinError, type TaskArgument } from '../../operators/index.ts'
import type { LogicalKey, Resources } from '../../planner/index.ts'
import * as nodes from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import { DatasetActions } from './dataset-actions.ts'
import { DRIVER_ONLY } from './driver-only.ts'
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

/** Records that `mapBatches` hands to its function at once, unless told otherwise. */
const MAP_BATCH_ROWS = 1024

type Awaitable<T> = T | PromiseLike<T>

/**
 * Records of type `T` that are described and not yet computed. A record is a scalar (column `value`), a pair
 * `[key, value]`, or a plain object (a column per field). Verbs give another dataset, actions run a job, `write`
 * gives outputs.
 *
 * Errors: verbs throw `INVALID_ARGUMENT` at once when an argument is of a wrong kind. All others that a verb names
 * are what the action rejects with that runs the dataset.
 *
 * @example
 * const long = read.text('books/').words().filter(word => word.length > 3)
 * await long.collect() // ['whale', 'ship']
 */
export class Dataset<T> extends DatasetActions<T> {
  declare readonly [DRIVER_ONLY]: string

  /**
   * Calls `fn` once for each record and keeps what it returns. May be async: awaited with bounded concurrency (16
   * calls of a task, or what `.with({ concurrency })` says), order kept.
   *
   * @throws DunlinError `USER_FUNCTION` when `fn` throws, and again in the one retry; `CANNOT_SHIP` when it captures
   * what exists in this process only; `TYPE_MISMATCH` when what it returns is no record, or two records differ in a
   * column's type
   *
   * @example
   * await from(['a', 'b']).map(s => s.toUpperCase()).collect() // ['A', 'B']
   */
  map<U>(fn: (record: T, task: TaskArgument) => U): Dataset<Awaited<U>> {
    return new Dataset(nodes.mapNode(this.node, argument.fn('map', fn), userCallSite()))
  }

  /**
   * Calls `fn` once for each record and keeps each element of the array or iterable that it returns. May be async.
   *
   * @throws DunlinError `USER_FUNCTION` when `fn` throws, or returns no iterable, or a string; otherwise as `map`
   *
   * @example
   * await from(['a b', 'c']).flatMap(line => line.split(' ')).collect() // ['a', 'b', 'c']
   */
  flatMap<U>(fn: (record: T, task: TaskArgument) => Awaitable<Iterable<U> & object>): Dataset<U> {
    return new Dataset(nodes.flatMapNode(this.node, argument.fn('flatMap', fn), userCallSite()))
  }

  /**
   * Keeps the records for which `predicate` returns something truthy. It must answer at once.
   *
   * @throws DunlinError `USER_FUNCTION` when `predicate` throws or returns a promise; `CANNOT_SHIP` as `map`
   *
   * @example
   * await from([1, 2, 3]).filter(n => n % 2 === 1).collect() // [1, 3]
   */
  filter<S extends T>(predicate: (record: T, task: TaskArgument) => record is S): Dataset<S>
  filter(predicate: (record: T, task: TaskArgument) => NotThenable): Dataset<T>
  filter(predicate: (record: T, task: TaskArgument) => NotThenable): Dataset<T> {
    return new Dataset(nodes.filterNode(this.node, argument.fn('filter', predicate), userCallSite()))
  }

  /**
   * Calls `fn` with arrays of `size` records (default 1,024; the last of a task may be shorter) and keeps each
   * element of what it returns. May be async.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when `size` is not a whole number from 1 on; otherwise as `flatMap`
   *
   * @example
   * await range(5).mapBatches(numbers => [numbers.length], { size: 2 }).collect() // [2, 2, 1]
   */
  mapBatches<U>(
    fn: (records: T[], task: TaskArgument) => Awaitable<Iterable<U> & object>,
    { size = MAP_BATCH_ROWS }: { readonly size?: number } = {},
  ): Dataset<U> {
    argument.whole('mapBatches', 'size', size, 1)
    return new Dataset(nodes.mapBatchesNode(this.node, argument.fn('mapBatches', fn), size, userCallSite()))
  }

  /**
   * Keeps some columns, in the order given; an object renames: `{ newName: 'column' }`. Gives objects.
   *
   * @throws DunlinError `UNKNOWN_COLUMN` when the records have no such column; `INVALID_PLAN` when two would have one
   * name; `INVALID_ARGUMENT` when none is named
   *
   * @example
   * await from([{ a: 1, b: 2 }]).select('b').collect() // [{ b: 2 }]
   * await from([{ a: 1, b: 2 }]).select({ c: 'a' }).collect() // [{ c: 1 }]
   */
  select<C extends ColumnOf<T>>(...columns: C[]): Dataset<Flat<Pick<Columns<T>, C & keyof Columns<T>>>>
  select<M extends Readonly<Record<string, ColumnOf<T>>>>(
    columns: M,
  ): Dataset<{ -readonly [As in keyof M]: Columns<T>[M[As] & keyof Columns<T>] }>
  select(...columns: (string | Readonly<Record<string, string>>)[]): object {
    const chosen = columns.flatMap(column =>
      typeof column === 'string'
        ? [{ from: column, as: column }]
        : Object.entries(column).map(([as, from]) => ({ from, as })),
    )
    if (chosen.length === 0) throw new DunlinError('INVALID_ARGUMENT', 'select: name at least one column')
    return new Dataset(nodes.selectNode(this.node, chosen, userCallSite()))
  }

  /**
   * The words of each line: exactly `line.toLowerCase().match(/\p{L}+/gu) ?? []`, without a call per line.
   *
   * @throws DunlinError `TYPE_MISMATCH` when the records are not strings (`INVALID_PLAN` where the plan shows it)
   *
   * @example
   * await from(['Call me Ishmael.']).words().collect() // ['call', 'me', 'ishmael']
   */
  words(this: Dataset<string>): Dataset<string> {
    return new Dataset(nodes.wordsNode(this.node, userCallSite()))
  }

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
  groupBy(...keys: (string | ((record: T, task: TaskArgument) => unknown))[]): GroupedDataset<T, unknown> {
    if (keys.length === 0)
      throw new DunlinError('INVALID_ARGUMENT', 'groupBy: name a column, or give a function')
    const logical = keys.map(
      (key): LogicalKey =>
        typeof key === 'string'
          ? { kind: 'column', column: key, as: key }
          : { kind: 'function', fn: argument.fn('groupBy', key), as: 'key' },
    )
    return new GroupedDataset(this.node, logical, node => new Dataset(node))
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
    return new Dataset(
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
    return new Dataset(
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
    return new Dataset(
      nodes.aggregateNode(
        self.node,
        [key],
        [{ as: 'count', spec: { op: 'count' } }],
        'object',
        userCallSite(),
      ),
    )
  }

  /**
   * Each record once, by all its columns; the first of equal ones stays.
   *
   * @example
   * await from([3, 1, 3]).distinct().collect() // [3, 1]
   */
  distinct(): Dataset<T> {
    return new Dataset(nodes.aggregateNode(this.node, 'all', [], 'object', userCallSite()))
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
    return new Dataset(nodes.unionNode([this.node, ...others.map(other => other.node)], userCallSite()))
  }

  /**
   * Hands the dataset to a function and gives what that returns: pipelines made of named steps.
   *
   * @example
   * const evens = (numbers: Dataset<number>) => numbers.filter(n => n % 2 === 0)
   * await range(5).through(evens).collect() // [0, 2, 4]
   */
  through<R>(step: (dataset: this) => R): R {
    return step(this)
  }

  /**
   * Asks resources for the stages that the steps so far end up in: `memoryMb` and `timeoutMs` of a task,
   * `concurrency` of its async functions, and how many `partitions` the exchanges below have.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when one is not a whole number from 1 on; `TIMEOUT` when a task took
   * longer
   *
   * @example
   * const slow = range(4).map(async n => n * 2).with({ concurrency: 2, timeoutMs: 60_000 })
   * await slow.collect() // [0, 2, 4, 6]
   */
  with(resources: Resources): Dataset<T> {
    argument.known('with', resources, ['memoryMb', 'timeoutMs', 'partitions', 'concurrency'])
    for (const [name, value] of Object.entries(resources)) argument.whole('with', name, value, 1)
    return new Dataset(nodes.withNode(this.node, resources))
  }
}
Object.defineProperty(Dataset.prototype, DRIVER_ONLY, { value: 'Dataset' })
