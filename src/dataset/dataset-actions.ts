/** What a dataset does when its description is complete: actions run it, `write` gives it a sink. */
import type { Table } from 'apache-arrow'
import type { LogicalNode } from '../../planner/index.ts'
import * as nodes from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import { type Combine, reduction } from './reductions.ts'
import type { CollectOptions, ExplainOptions, RunOptions } from './run-options.ts'
import { Writer } from './writer.ts'

/** The name of the method by which the parts of a dataset make another one. */
export const DERIVE: unique symbol = Symbol('derive')

/** The part of a dataset that runs it. Each action is one job, and rejects with the `DunlinError` that ended it. */
export abstract class DatasetActions<T> {
  /** What the planner is given. */
  readonly node: LogicalNode

  /** Datasets come from `read`, `from` and `range`. */
  constructor(node: LogicalNode) {
    this.node = node
    Object.freeze(this)
  }

  abstract [DERIVE]<R>(node: LogicalNode): Dataset<R>

  /**
   * The sinks: `write.text`, `write.jsonl`, `write.csv`, `write.arrow` and `write.records` each give an `Output`,
   * which `run()` runs.
   *
   * @example
   * const report = await range(3).write.csv('out/numbers/').run()
   * report.outputs[0]?.rows // 3
   */
  get write(): Writer<T> {
    return new Writer<T>(this.node)
  }

  /**
   * All records, in source order, in memory.
   *
   * @throws DunlinError `TOO_LARGE` when the result has more bytes than `maxBytes` (256 MB unless given): stream it
   * with `rows()`, or write it; `CANCELLED` when `signal` is aborted; and what the verbs and sources of the pipeline
   * say
   *
   * @example
   * await range(3).collect() // [0, 1, 2]
   */
  async collect(options: CollectOptions = {}): Promise<T[]> {
    const { collect } = await import('../engine/actions.ts')
    return collect<T>(this.node, options)
  }

  /**
   * The first `n` records in source order. Runs the first 1, 4, 16 … tasks, and no more than that takes.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when `n` is not a whole number from 0 on; otherwise as `collect`
   *
   * @example
   * await range(1_000_000).map(n => n * n).take(3) // [0, 1, 4]
   */
  async take(n: number, options: CollectOptions = {}): Promise<T[]> {
    argument.whole('take', 'n', n, 0)
    if (n === 0) return []
    const { collect } = await import('../engine/actions.ts')
    return collect<T>(nodes.limitNode(this.node, n), options)
  }

  /**
   * How many records there are.
   *
   * @throws DunlinError `CANCELLED` when `signal` is aborted; and what the verbs and sources of the pipeline say
   *
   * @example
   * await read.text('books/*.txt').count() // 2
   */
  async count(options: RunOptions = {}): Promise<number> {
    const counted = nodes.aggregateNode(this.node, [], [{ as: 'count', spec: { op: 'count' } }], 'scalar')
    const { collect } = await import('../engine/actions.ts')
    const [n] = await collect<number>(counted, options)
    return n!
  }

  /**
   * Combines all records into one, in order, starting from `identity`, which is the answer where there are none.
   * `combine` must be associative, and `combine(identity, x)` must be x: tasks combine their own records first.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when `combine` is not a function; `USER_FUNCTION` when it throws, or
   * returns a promise
   *
   * @example
   * await range(5).reduce({ identity: 0, combine: (a, b) => a + b }) // 10
   */
  async reduce(
    parts: { readonly identity: T; readonly combine: Combine<T> },
    options: RunOptions = {},
  ): Promise<T> {
    argument.parts(
      'reduce',
      parts,
      ['identity', 'combine'],
      'reduce({ identity: 0, combine: (a, b) => a + b })',
    )
    const { identity, combine } = parts
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

  /**
   * Runs the pipeline, and then gives its records one by one in source order. The records of one task at a time are
   * in memory; leaving the loop early removes the rest.
   *
   * @throws DunlinError `CANCELLED` when `signal` is aborted; and what the verbs and sources of the pipeline say
   *
   * @example
   * let longest = ''
   * for await (const word of read.text('books/').words().rows()) if (word.length > longest.length) longest = word
   * longest // 'whale'
   */
  async *rows(options: RunOptions = {}): AsyncGenerator<T, void, void> {
    const { rows } = await import('../engine/actions.ts')
    yield* rows<T>(this.node, options)
  }

  /**
   * The records as an Apache Arrow table, in memory: a column per field, or `value`, or `key` and `value`.
   *
   * @throws DunlinError as `collect`: `TOO_LARGE` when the result has more bytes than `maxBytes`
   *
   * @example
   * const table = await from([{ a: 1 }, { a: 2 }]).toArrow()
   * table.getChild('a')?.toArray() // new Float64Array([1, 2])
   */
  async toArrow(options: CollectOptions = {}): Promise<Table> {
    const { toArrow } = await import('../engine/actions.ts')
    return toArrow(this.node, options)
  }

  /**
   * The plan as text: stages, exchanges, and estimates of bytes, requests and seconds. Lists the sources and runs
   * nothing.
   *
   * @throws DunlinError `NOT_FOUND` when a source is not there; `CANNOT_SHIP`, `INVALID_PLAN`, `UNKNOWN_COLUMN` or
   * `USER_FUNCTION` when the plan can be seen to fail
   *
   * @example
   * const text = await range(10).valueCounts().explain()
   * text.split(' · ')[0] // '1 stage'
   */
  async explain(options: ExplainOptions = {}): Promise<string> {
    const { explainOutputs } = await import('../engine/actions.ts')
    return explainOutputs([{ kind: 'result', input: this.node }], options)
  }
}
