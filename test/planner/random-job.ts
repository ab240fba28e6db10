/** Random jobs: DAGs of verbs over rows `{ a, b, c }` of small numbers, each function with facts that are true. */
import fc from 'fast-check'
import type { WriteFormat } from '../../operators/index.ts'
import {
  aggregateNode,
  filterNode,
  flatMapNode,
  type LogicalNode,
  type LogicalOutput,
  limitNode,
  mapNode,
  type Resources,
  type ScanNode,
  selectNode,
  type UserFunction,
  unionNode,
  withNode,
} from '../../planner/index.ts'
import { Job } from './job.ts'
import type { Data, Row } from './model.ts'

export interface RandomJob {
  readonly job: Job
  readonly outputs: readonly LogicalOutput[]
  /** By output: whether its rows have the source's order. */
  readonly ordered: readonly boolean[]
  readonly data: Data
  readonly functions: readonly UserFunction[]
}

const COLUMNS = ['a', 'b', 'c'] as const
const VERBS = [
  'map',
  'pick',
  'flatMap',
  'filter',
  'select',
  'rename',
  'group',
  'byParity',
  'distinct',
  'total',
  'limit',
  'union',
  'with',
] as const

const row = fc.record({ a: fc.nat(5), b: fc.nat(5), c: fc.nat(5) })
const source = fc.array(fc.array(row, { maxLength: 6 }), { minLength: 1, maxLength: 4 })
const step = fc.record({
  verb: fc.constantFrom(...VERBS),
  input: fc.nat(),
  other: fc.nat(),
  column: fc.constantFrom(...COLUMNS),
  number: fc.integer({ min: 1, max: 5 }),
  isAsync: fc.boolean(),
})
type RandomStep = typeof step extends fc.Arbitrary<infer S> ? S : never
const output = fc.record({
  input: fc.nat(),
  format: fc.constantFrom<WriteFormat | 'result'>('jsonl', 'csv', 'arrow', 'result'),
})

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

  source(objects: readonly (readonly Row[])[]): void {
    const node = this.job.jsonl(`in-${this.made.length}`, objects.length)
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

  step({ verb, input, other, column, number, isAsync }: RandomStep): Made | undefined {
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
    for (const objects of sources) builder.source(objects)
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
