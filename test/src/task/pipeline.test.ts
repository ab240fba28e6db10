/** Operator trees at work: chains, breakers and what goes between them equal the array model. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch, OperatorSpec } from '../../../operators/index.ts'
import { buildPipeline } from '../../../src/task/pipeline.ts'
import { MemoryRuns } from '../../operators/spill/memory-runs.ts'
import { batchesOf, Functions, INPUT, recordsIn } from '../../operators/tree/run-chain.ts'
import { type Pair, records, sizes, verb } from '../../operators/tree/verbs.ts'

/** A verb of the array model, and what it puts on top of a tree. */
interface TreeVerb {
  readonly on: (input: OperatorSpec, functions: Functions) => OperatorSpec
  readonly model: (records: readonly Pair[]) => Pair[]
}

const sum =
  (phase: 'partial' | 'final' | 'complete') =>
  (input: OperatorSpec): OperatorSpec => ({
    op: 'aggregate',
    input,
    phase,
    shape: 'object',
    keys: [{ kind: 'column', column: 'k', as: 'k' }],
    aggregations: [{ as: 'n', spec: { op: 'sum', column: 'n' } }],
  })

function summed(all: readonly Pair[]): Pair[] {
  const sums = new Map<number, number>()
  for (const { k, n } of all) sums.set(k, (sums.get(k) ?? 0) + n)
  return [...sums].map(([k, n]) => ({ k, n }))
}

function firsts(all: readonly Pair[]): Pair[] {
  return [...new Map(all.toReversed().map(pair => [pair.k, pair])).values()].toSorted(
    (a, b) => all.indexOf(a) - all.indexOf(b),
  )
}

const treeVerb: fc.Arbitrary<TreeVerb> = fc.oneof(
  verb.map(
    ({ specs, model }): TreeVerb => ({
      model,
      on: (input, functions) =>
        specs(functions).reduce<OperatorSpec>((below, spec) => ({ ...spec, input: below }), input),
    }),
  ),
  fc.constantFrom<TreeVerb>(
    { model: summed, on: sum('complete') },
    { model: summed, on: input => sum('final')(sum('partial')(input)) },
    {
      model: all => all.toSorted((a, b) => b.n - a.n || a.k - b.k),
      on: input => ({
        op: 'sort',
        input,
        keys: [
          { column: 'n', direction: 'desc', nulls: 'last' },
          { column: 'k', direction: 'asc', nulls: 'last' },
        ],
      }),
    },
    {
      model: firsts,
      on: input => ({ op: 'distinctBy', input, keys: ['k'], phase: 'complete' }),
    },
  ),
)

async function run(
  root: OperatorSpec,
  functions: Functions,
  inputs: readonly (readonly Batch[])[],
  budgetBytes: number,
): Promise<{ readonly given: Batch[]; readonly order: readonly number[]; readonly runs: MemoryRuns }> {
  const given: Batch[] = []
  const runs = new MemoryRuns()
  const pipeline = buildPipeline(
    root,
    { env: { ...functions.env({ budgetBytes }), runs }, shareBytes: budgetBytes, concurrency: 4 },
    batch => void given.push(batch),
  )
  try {
    for (const input of pipeline.order) {
      for (const batch of inputs[input]!) if (!pipeline.done(input)) await pipeline.push(input, batch)
      await pipeline.end(input)
    }
  } finally {
    await pipeline.close()
  }
  return { given, order: pipeline.order, runs }
}

const budgets = fc.constantFrom(1, 200, 1000, Number.POSITIVE_INFINITY)

describe('a pipeline', () => {
  it('equals the array model, wherever batches end and whatever is spilled', async () => {
    let spilled = 0
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.array(treeVerb, { minLength: 1, maxLength: 6 }),
        sizes,
        budgets,
        async (input, verbs, cuts, budget) => {
          const functions = new Functions()
          const root = verbs.reduce<OperatorSpec>((below, one) => one.on(below, functions), INPUT)
          const expected = verbs.reduce<readonly Pair[]>((all, one) => one.model(all), input)
          const { given, runs } = await run(root, functions, [batchesOf(input, cuts)], budget)
          expect(recordsIn(given)).toEqual(expected)
          expect(runs.live).toBe(0)
          spilled += runs.objects
        },
      ),
      { numRuns: 400 },
    )
    expect(spilled).toBeGreaterThan(100)
  })

  it('takes the table of a join before the rows that stream past it, in nested joins too', async () => {
    const join = (left: OperatorSpec, right: OperatorSpec): OperatorSpec => ({
      op: 'join',
      inputs: [left, right],
      how: 'inner',
      on: [{ left: 'k', right: 'k' }],
      nullsEqual: false,
      suffix: '_2',
      build: 'right',
    })
    const input = (n: number): OperatorSpec => ({ op: 'input', input: n })
    const root = join(join(input(0), sum('complete')(input(1))), input(2))
    const tables = [
      [{ k: 1, n: 1 }],
      [
        { k: 1, n: 5 },
        { k: 1, n: 6 },
      ],
      [{ k: 1, n: 9 }],
    ]
    const inputs = tables.map(table => batchesOf(table))
    const clash = run(root, new Functions(), inputs, Number.POSITIVE_INFINITY)
    await expect(clash).rejects.toThrow('n_2')
    const renamed: OperatorSpec = {
      op: 'select',
      input: input(2),
      columns: [
        { from: 'k', as: 'k' },
        { from: 'n', as: 'm' },
      ],
    }
    const { given, order } = await run(
      join(join(input(0), sum('complete')(input(1))), renamed),
      new Functions(),
      inputs,
      Number.POSITIVE_INFINITY,
    )
    expect(order).toEqual([2, 1, 0])
    expect(recordsIn(given)).toEqual([{ k: 1, n: 1, n_2: 11, m: 9 }])
  })
})
