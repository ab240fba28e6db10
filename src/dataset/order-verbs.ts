/** The verbs about the order and the number of records: `sortBy`, `top`, `limit`, `sample`, `repartition`. */
import * as nodes from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import { DERIVE } from './dataset-actions.ts'
import { GroupVerbs } from './group-verbs.ts'
import type { ColumnOf } from './record-types.ts'
import { type Direction, type SortKey, sortKeys } from './sort-keys.ts'

/** What `sample` takes. */
export interface SampleOptions {
  /** Another seed is another choice; the same one always the same. Default 0. */
  readonly seed?: number
}

/** The part of a dataset that orders, chooses and divides. */
export abstract class OrderVerbs<T> extends GroupVerbs<T> {
  /**
   * All records in order. A key is a column, a function of one record (not a comparator of two), or
   * `{ by, direction, nulls }`; of several, the later ones decide among records that are equal by the earlier.
   * `direction` (default `asc`) is for the keys that say none; nulls come last in both directions unless
   * `nulls: 'first'`. Stable: equal records stay in the order that they had. Strings are ordered by their UTF-8 bytes,
   * NaN is above all numbers, false is before true.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when there is no key, or one is of no such form, as a comparator;
   * `UNKNOWN_COLUMN` when the records have no such column; `USER_FUNCTION` when a function throws or returns a promise;
   * `TYPE_MISMATCH` when what it returns is of two types
   *
   * @example
   * await from(['b', 'a', 'C']).sortBy('value').collect() // ['C', 'a', 'b']
   * await from(['ab', 'a']).sortBy(word => word.length).collect() // ['a', 'ab']
   * const scores = from([{ of: 'a', n: 1 }, { of: 'b', n: null }, { of: 'a', n: 2 }])
   * await scores.sortBy('n', 'desc').select('n').collect() // [{ n: 2 }, { n: 1 }, { n: null }]
   * const byName = scores.sortBy(['of', { by: 'n', direction: 'desc', nulls: 'first' }])
   * await byName.take(2) // [{ of: 'a', n: 2 }, { of: 'a', n: 1 }]
   */
  sortBy(
    keys: SortKey<T> | readonly [SortKey<T>, ...SortKey<T>[]],
    direction: Direction = 'asc',
  ): Dataset<T> {
    return this[DERIVE](nodes.sortNode(this.node, sortKeys('sortBy', keys, direction), userCallSite()))
  }

  /**
   * The first `n` records in the order of `by`, which takes what `sortBy` takes: the largest first, unless `direction`
   * or the key itself says `asc`: `top(2, 'value', 'asc')`. Nulls come last. Each task keeps `n` records at most.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when `n` is not a whole number from 0 on; otherwise as `sortBy`
   *
   * @example
   * const words = read.text('books/').words().valueCounts()
   * await words.top(1, 'count').collect() // [{ value: 'the', count: 3 }]
   * await range(10).top(2, 'value', 'asc').collect() // [0, 1]
   */
  top(
    n: number,
    by: SortKey<T> | readonly [SortKey<T>, ...SortKey<T>[]],
    direction: Direction = 'desc',
  ): Dataset<T> {
    argument.whole('top', 'n', n, 0)
    return this[DERIVE](
      nodes.topNode(this.node, sortKeys('top', by, direction, `top(${n}, `), n, userCallSite()),
    )
  }

  /**
   * The first `n` records in source order, as a step of a pipeline; `take(n)` is the action.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when `n` is not a whole number from 0 on
   *
   * @example
   * await range(100).limit(3).map(n => n * n).collect() // [0, 1, 4]
   */
  limit(n: number): Dataset<T> {
    return this[DERIVE](nodes.limitNode(this.node, argument.whole('limit', 'n', n, 0), userCallSite()))
  }

  /**
   * Each record with probability `fraction`, from 0 to 1, in source order. The seed, the task and the record's place
   * in it decide, so that the same input always gives the same sample.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when `fraction` is not a number from 0 to 1, or `seed` not a whole number
   *
   * @example
   * const sampled = await range(10_000).sample(0.1).count()
   * Math.abs(sampled - 1000) < 150 // true
   * const other = await range(10_000).sample(0.1, { seed: 7 }).collect()
   * other.length > 850 // true
   */
  sample(fraction: number, options: SampleOptions = {}): Dataset<T> {
    argument.between('sample', 'fraction', fraction, 0, 1)
    argument.known('sample', options, ['seed'])
    const seed = argument.whole('sample', 'seed', options.seed ?? 0, Number.MIN_SAFE_INTEGER)
    return this[DERIVE](nodes.sampleNode(this.node, fraction, seed, userCallSite()))
  }

  /**
   * The same records in `n` partitions, each of which is a task of what follows, and a part of an output: in order and
   * about equally full, or with `columns`, equal ones together.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when `n` is not a whole number from 1 on; `UNKNOWN_COLUMN` when the records
   * have no such column
   *
   * @example
   * const report = await range(6).repartition(3).write.text('out/thirds/').run()
   * report.outputs[0]?.parts // 3
   * await read.text('out/thirds/part-00000.txt').collect() // ['0', '1']
   */
  repartition<C extends ColumnOf<T>>(n: number, ...columns: C[]): Dataset<T> {
    argument.whole('repartition', 'n', n, 1)
    const keys = columns.map(column => argument.text('repartition', 'a column', column))
    return this[DERIVE](
      nodes.repartitionNode(this.node, n, keys.length === 0 ? undefined : keys, userCallSite()),
    )
  }
}
