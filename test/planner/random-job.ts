/** Random jobs: DAGs of verbs over rows `{ a, b, c }` of small numbers, each function with facts that are true. */
import fc from 'fast-check'
import {
  aggregateNode,
  distinctByNode,
  filterNode,
  flatMapNode,
  joinNode,
  type LogicalKey,
  type LogicalNode,
  type LogicalOutput,
  type LogicalSortKey,
  limitNode,
  mapNode,
  type Resources,
  repartitionNode,
  type ScanNode,
  sampleNode,
  selectNode,
  setNode,
  sortNode,
  topNode,
  type UserFunction,
  unionNode,
  withNode,
} from '../../planner/index.ts'
import { Job } from './job.ts'
import { type Data, logicalRows, type Row } from './model.ts'
import {
  COLUMNS,
  DECLARED,
  output,
  type RandomSource,
  type RandomStep,
  source,
  step,
} from './random-steps.ts'

export interface RandomJob {
  readonly job: Job
  readonly outputs: readonly LogicalOutput[]
  /** By output: whether its rows have the source's order. */
  readonly ordered: readonly boolean[]
  readonly data: Data
  readonly functions: readonly UserFunction[]
}

const MAX_PAIRS = 2000
const keyOf = (column: string): LogicalKey => ({ kind: 'column', column, as: column })

/** A node, and whether its rows have the source's order (a limit of others may take any). */
interface Made {
  readonly node: LogicalNode
  readonly ordered: boolean
}

class Builder {
  readonly job = new Job()
  readonly functions: UserFunction[] = []
  readonly data = new Map<ScanNode, readonly (readonly Row[])[]>()
  readonly made: Made[] = []

  source({ objects, large, declared }: RandomSource): void {
    const name = `in-${this.made.length}`
    const schema = declared ? DECLARED : undefined
    const node = large
      ? this.job.largeJsonl(name, objects.length, schema)
      : this.job.jsonl(name, objects.length, schema)
    this.data.set(node, objects)
    this.made.push({ node, ordered: true })
  }

  fn(reads: readonly string[] | null, isAsync: boolean, fn: (row: Row) => unknown): UserFunction {
    const known = { async: isAsync, ...(reads === null ? {} : { reads }) }
    this.functions.push(this.job.know(fn, `f${this.functions.length}`, known))
    return fn
  }

  pick(index: number): Made {
    return this.made[index % this.made.length]!
  }

  /** Both sides have columns a, b and c; so has what is made of the result, by a select or by a function. */
  join(left: LogicalNode, right: LogicalNode, { column, choice, isAsync, join }: RandomStep): LogicalNode {
    const { how, shift, keys } = join
    const from = (name: string, by: number) => COLUMNS[(COLUMNS.indexOf(name as 'a') + by) % COLUMNS.length]!
    const lefts = [column, from(column, 1)].slice(0, how === 'cross' ? 0 : keys)
    const on = lefts.map(name => ({ left: name, right: from(name, shift) }))
    const one = how === 'full' || how === 'cross'
    const filtering = how === 'semi' || how === 'anti'
    const node = joinNode({
      left,
      right,
      how,
      on,
      // Of two large sides there is no other way.
      strategy: how === 'cross' ? 'broadcast' : how === 'full' ? 'auto' : join.strategy,
      divideSkew: one ? 'auto' : join.divideSkew,
      ...(filtering ? {} : { suffix: '_r' }),
    })
    if (filtering) return node
    const gained = COLUMNS.find(name => !on.some(pair => pair.right === name))!
    if (choice) {
      return selectNode(node, [
        { from: column, as: 'a' },
        { from: from(column, 1), as: 'b' },
        { from: `${gained}_r`, as: 'c' },
      ])
    }
    const reads = [column, `${gained}_r`]
    const pick = (row: Row) => ({ a: row[reads[0]!] ?? null, b: row[reads[1]!] ?? null, c: keys })
    return mapNode(node, this.fn(reads, isAsync, pick))
  }

  rows(node: LogicalNode): number {
    return logicalRows(node, this.data).length
  }

  step(asked: RandomStep): Made | undefined {
    const { verb, input, other, column, number, isAsync, choice } = asked
    const { node, ordered } = this.pick(input)
    const add = (made: LogicalNode, keepsOrder = ordered): Made => ({ node: made, ordered: keepsOrder })
    const value = (row: Row): number => (row[column] as number | null | undefined) ?? 0
    const keep = (name: string) => ({ from: name, as: name })
    const restored = (less: LogicalNode) =>
      mapNode(
        less,
        this.fn([...COLUMNS], isAsync, ({ a, b, c }) => ({ a: a ?? 1, b: b ?? 1, c: c ?? 1 })),
      )
    const sum = [
      { as: 'b', spec: { op: 'sum', column: 'b' } as const },
      { as: 'c', spec: { op: 'count' } as const },
    ]
    const order = (name: string, desc: boolean): LogicalSortKey => ({
      kind: 'column',
      column: name,
      direction: desc ? 'desc' : 'asc',
      nulls: choice ? 'first' : 'last',
    })
    /** By all columns: then it does not matter which of equal rows comes first. */
    const total = COLUMNS.map((_, i) => {
      const name = COLUMNS[(COLUMNS.indexOf(column) + i) % COLUMNS.length]!
      return order(name, (number + i) % 2 === 0)
    })
    switch (verb) {
      case 'map':
        return add(
          mapNode(
            node,
            this.fn(null, isAsync, row => ({ ...row, [column]: value(row) + number })),
          ),
        )
      case 'pick':
        return add(
          mapNode(
            node,
            this.fn([column], isAsync, row => ({ a: value(row), b: number, c: value(row) % 3 })),
          ),
        )
      case 'flatMap':
        return add(
          flatMapNode(
            node,
            this.fn(null, isAsync, row => (value(row) % 2 === 0 ? [row, row] : [])),
          ),
        )
      case 'filter':
        return add(
          filterNode(
            node,
            this.fn([column], false, row => value(row) % (number + 1) !== 0),
          ),
        )
      case 'select': {
        const [one, two] = COLUMNS.filter(name => name !== column)
        const less = selectNode(
          node,
          [one!, two!].map(name => ({ from: name, as: name })),
        )
        const kept = filterNode(
          less,
          this.fn([one!], false, row => row[one!] !== number),
        )
        return add(restored(kept))
      }
      case 'rename':
        return add(selectNode(node, [{ from: column, as: 'a' }, keep('b'), keep('c')]))
      case 'group':
        return add(aggregateNode(node, [{ kind: 'column', column, as: 'a' }], sum, 'object'), false)
      case 'byParity': {
        const fn = this.fn([column], false, row => value(row) % 2)
        return add(aggregateNode(node, [{ kind: 'function', fn, as: 'a' }], sum, 'object'), false)
      }
      case 'distinct':
        return add(aggregateNode(node, 'all', [], 'object'), false)
      case 'total':
        return add(restored(aggregateNode(node, [], sum, 'object')))
      case 'limit':
        return ordered ? add(limitNode(node, number)) : undefined
      case 'sort': {
        const fn = this.fn([column], false, row => (value(row) === 0 ? null : value(row) % 3))
        const computed: LogicalSortKey = {
          kind: 'function',
          fn,
          direction: number % 2 === 0 ? 'asc' : 'desc',
          nulls: choice ? 'first' : 'last',
        }
        return add(sortNode(node, number < 3 ? [computed] : [order('b', choice), computed]))
      }
      case 'sortAll':
        return add(sortNode(node, total), true)
      case 'top':
        return add(topNode(node, total, choice ? number : 20_000), true)
      case 'sample':
        return add(sampleNode(node, choice ? 1 : 0, number))
      case 'repartition':
        return add(repartitionNode(node, number))
      case 'byHash':
        return add(repartitionNode(node, number, [column]), number === 1 && ordered)
      case 'join': {
        const right = this.pick(other).node
        // Joins of joins grow without bounds.
        if (this.rows(node) * this.rows(right) > MAX_PAIRS) return undefined
        return add(this.join(node, right, asked), false)
      }
      case 'set':
        return add(setNode(choice ? 'intersect' : 'except', node, this.pick(other).node), false)
      case 'distinctBy': {
        // Which row is the first has to be known, or not to matter.
        if (!ordered) return add(distinctByNode(node, COLUMNS.map(keyOf)), false)
        const fn = this.fn([column], false, row => (value(row) + number) % 3)
        const computed = { kind: 'function', fn, as: 'key 0' } as const
        return add(distinctByNode(node, choice ? [keyOf('b')] : [computed, keyOf(column)]), false)
      }
      case 'union': {
        const second = this.pick(other)
        return add(unionNode([node, second.node]), ordered && second.ordered)
      }
      case 'with': {
        const resources: Resources = number % 2 === 0 ? { memoryMb: 100 * number } : { partitions: number }
        return add(withNode(node, resources))
      }
    }
  }
}

export const randomJob: fc.Arbitrary<RandomJob> = fc
  .record({
    sources: fc.array(source, { minLength: 1, maxLength: 3 }),
    steps: fc.array(step, { maxLength: 12 }),
    outputs: fc.array(output, { minLength: 1, maxLength: 3 }),
  })
  .map(({ sources, steps, outputs }) => {
    const builder = new Builder()
    for (const one of sources) builder.source(one)
    for (const one of steps) {
      const made = builder.step(one)
      if (made !== undefined) builder.made.push(made)
    }
    const { job, data, functions, made } = builder
    // The last nodes are the interesting ones.
    const chosen = outputs.map(({ input }) => made[made.length - 1 - (input % Math.min(made.length, 4))]!)
    return {
      job,
      data,
      functions,
      ordered: chosen.map(({ ordered }) => ordered),
      outputs: outputs.map(({ format }, i): LogicalOutput => {
        const { node } = chosen[i]!
        if (format === 'result') return { kind: 'result', input: node }
        return { kind: 'write', input: node, uri: `out-${i}/`, format, mode: 'fail' }
      }),
    }
  })
