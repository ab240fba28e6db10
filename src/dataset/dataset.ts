/** Dataset: a lazy, immutable, typed description of records. Its verbs build frozen plan nodes; nothing runs. */
import type { Table } from 'apache-arrow'
import { DunlinError, type TaskArgument } from '../../operators/index.ts'
import type { LogicalKey, LogicalNode, Resources } from '../../planner/index.ts'
import * as nodes from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
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
import { type Combine, combineByKey, reduction } from './reductions.ts'
import type { CollectOptions, RunOptions } from './run-options.ts'
import { Writer } from './writer.ts'

/** Records that `mapBatches` hands to its function at once, unless told otherwise. */
const MAP_BATCH_ROWS = 1024

type Awaitable<T> = T | PromiseLike<T>

export class Dataset<T> {
  declare readonly [DRIVER_ONLY]: string
  readonly node: LogicalNode

  constructor(node: LogicalNode) {
    this.node = node
    Object.freeze(this)
  }

  /**
   * Calls `fn` once for each record and keeps what it returns. May be async: awaited with bounded concurrency, order
   * kept.
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
   * @example
   * await from(['a b', 'c']).flatMap(line => line.split(' ')).collect() // ['a', 'b', 'c']
   */
  flatMap<U>(fn: (record: T, task: TaskArgument) => Awaitable<Iterable<U> & object>): Dataset<U> {
    return new Dataset(nodes.flatMapNode(this.node, argument.fn('flatMap', fn), userCallSite()))
  }

  /**
   * Keeps the records for which `predicate` returns something truthy. It must answer at once: a promise is an error.
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
   * Calls `fn` with arrays of `size` records (default 1,024; the last of a task may be shorter) and keeps each element
   * of what it returns. May be async.
   */
  mapBatches<U>(
    fn: (records: T[], task: TaskArgument) => Awaitable<Iterable<U> & object>,
    { size = MAP_BATCH_ROWS }: { readonly size?: number } = {},
  ): Dataset<U> {
    argument.whole('mapBatches', 'size', size, 1)
    return new Dataset(nodes.mapBatchesNode(this.node, argument.fn('mapBatches', fn), size, userCallSite()))
  }

  /**
   * Keeps some columns, in the order given; an object renames: `{ newName: 'column' }`.
   *
   * @example
   * await from([{ a: 1, b: 2 }]).select('b').collect() // [{ b: 2 }]
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
   * @example
   * await from(['Call me Ishmael.']).words().collect() // ['call', 'me', 'ishmael']
   */
  words(this: Dataset<string>): Dataset<string> {
    return new Dataset(nodes.wordsNode(this.node, userCallSite()))
  }

  /**
   * Groups by columns, or by what a function returns (column `key`); aggregate the groups with `.aggregate`.
   *
   * @example
   * await from([{ k: 'a', n: 1 }, { k: 'a', n: 2 }]).groupBy('k').aggregate({ total: sum('n') }).collect() // [{ k: 'a', total: 3 }]
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

  /** Aggregates all records into one row; also no records give one row. */
  aggregate<const A extends Readonly<Record<string, AggregationFor<T>>>>(
    aggregations: A,
  ): Dataset<Flat<{ -readonly [As in keyof A]: ResultOf<T, A[As]> | EmptyOf<A[As]> }>> {
    return new Dataset(
      nodes.aggregateNode(this.node, [], namedAggregations(aggregations), 'object', userCallSite()),
    )
  }

  /**
   * Combines the values of each key of a dataset of pairs. `combine` must be associative.
   *
   * @example
   * await from([['a', 1], ['a', 2]] as [string, number][]).reduceByKey((x, y) => x + y).collect() // [['a', 3]]
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

  /** Each record once; the first of equal ones stays. */
  distinct(): Dataset<T> {
    return new Dataset(nodes.aggregateNode(this.node, 'all', [], 'object', userCallSite()))
  }

  /** The records of this dataset, then those of the others, in order. */
  union(...others: readonly Dataset<T>[]): Dataset<T> {
    return new Dataset(nodes.unionNode([this.node, ...others.map(other => other.node)], userCallSite()))
  }

  /** Hands the dataset to a function: pipelines made of named steps. */
  through<R>(step: (dataset: this) => R): R {
    return step(this)
  }

  /** Asks resources for the stages that the steps so far end up in. */
  with(resources: Resources): Dataset<T> {
    for (const [name, value] of Object.entries(resources)) argument.whole('with', name, value, 1)
    return new Dataset(nodes.withNode(this.node, resources))
  }

  /** The sinks: `write.csv(uri)` and so on give an Output. */
  get write(): Writer {
    return new Writer(this.node)
  }

  /** All records, in memory. Bounded by `maxBytes`: a larger result is an error that names `rows()` and `write`. */
  async collect(options: CollectOptions = {}): Promise<T[]> {
    const { collect } = await import('../engine/actions.ts')
    return collect<T>(this.node, options)
  }

  /** The first `n` records in source order; runs only as many tasks as that takes. */
  async take(n: number, options: CollectOptions = {}): Promise<T[]> {
    argument.whole('take', 'n', n, 0)
    if (n === 0) return []
    const { collect } = await import('../engine/actions.ts')
    return collect<T>(nodes.limitNode(this.node, n), options)
  }

  /** How many records there are. */
  async count(options: RunOptions = {}): Promise<number> {
    const counted = nodes.aggregateNode(this.node, [], [{ as: 'count', spec: { op: 'count' } }], 'scalar')
    const { collect } = await import('../engine/actions.ts')
    const [n] = await collect<number>(counted, options)
    return n!
  }

  /**
   * Combines all records into one, in order, starting from `identity`. `combine` must be associative, and
   * `combine(identity, x)` must be x: tasks combine their own records first.
   *
   * @example
   * await range(5).reduce({ identity: 0, combine: (a, b) => a + b }) // 10
   */
  async reduce(
    { identity, combine }: { readonly identity: T; readonly combine: Combine<T> },
    options: RunOptions = {},
  ): Promise<T> {
    argument.fn('reduce', combine)
    const reduced = nodes.aggregateNode(
      this.node,
      [],
      [{ as: 'value', spec: reduction(identity, combine) }],
      'scalar',
      userCallSite(),
    )
    const { collect } = await import('../engine/actions.ts')
    const [value] = await collect<T>(reduced, options)
    return value!
  }

  /** Runs the pipeline and gives its records one by one, in source order and in bounded memory. */
  async *rows(options: RunOptions = {}): AsyncGenerator<T, void, void> {
    const { rows } = await import('../engine/actions.ts')
    yield* rows<T>(this.node, options)
  }

  /** The result as an Apache Arrow table, in memory; bounded as `collect` is. */
  async toArrow(options: CollectOptions = {}): Promise<Table> {
    const { toArrow } = await import('../engine/actions.ts')
    return toArrow(this.node, options)
  }

  /** The plan and its estimates, as text; nothing runs but the listing of the sources. */
  async explain(options: Pick<RunOptions, 'engine'> = {}): Promise<string> {
    const { explainOutputs } = await import('../engine/actions.ts')
    return explainOutputs([{ kind: 'result', input: this.node }], options)
  }
}
Object.defineProperty(Dataset.prototype, DRIVER_ONLY, { value: 'Dataset' })
