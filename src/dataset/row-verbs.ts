/** The verbs that look at one record after another: `map`, `flatMap`, `filter`, `mapBatches`, `select`, `words`. */
import { DunlinError, type TaskArgument } from '../../operators/index.ts'
import * as nodes from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import { DatasetActions, DERIVE } from './dataset-actions.ts'
import type { ColumnOf, Columns, Flat, NotThenable } from './record-types.ts'

/** Records that `mapBatches` hands to its function at once, unless told otherwise. */
const MAP_BATCH_ROWS = 1024

type Awaitable<T> = T | PromiseLike<T>

/** The part of a dataset that goes row by row. */
export abstract class RowVerbs<T> extends DatasetActions<T> {
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
    return this[DERIVE](nodes.mapNode(this.node, argument.fn('map', fn), userCallSite()))
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
    return this[DERIVE](nodes.flatMapNode(this.node, argument.fn('flatMap', fn), userCallSite()))
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
    return this[DERIVE](nodes.filterNode(this.node, argument.fn('filter', predicate), userCallSite()))
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
    return this[DERIVE](nodes.mapBatchesNode(this.node, argument.fn('mapBatches', fn), size, userCallSite()))
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
    return this[DERIVE](nodes.selectNode(this.node, chosen, userCallSite()))
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
    return this[DERIVE](nodes.wordsNode(this.node, userCallSite()))
  }
}
