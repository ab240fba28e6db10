/** Chains of operators equal the array model, and behave as one operator. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { ChainSpec } from '../../../operators/spec.ts'
import { createChain } from '../../../operators/tree/create-chain.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChain, runChainAsync } from './run-chain.ts'

interface Pair {
  readonly k: number
  readonly n: number
}

/** A verb of the array model, and the operators that stand for it. Records are always `{ k, n }`. */
interface Verb {
  readonly specs: (functions: Functions) => ChainSpec[]
  readonly model: (records: readonly Pair[]) => Pair[]
}

const wait = async <T>(turns: number, value: T): Promise<T> => {
  for (let i = 0; i < turns; i++) await null
  return value
}

const verb: fc.Arbitrary<Verb> = fc.oneof(
  fc.record({ add: fc.integer({ min: 1, max: 9 }) }).map(({ add }): Verb => {
    const fn = ({ k, n }: Pair) => ({ k: (k + add) % 5, n: n + add })
    return { model: records => records.map(fn), specs: fs => [rows('map', fs.ref(fn, 'shift'))] }
  }),
  fc.record({ modulus: fc.integer({ min: 2, max: 4 }) }).map(({ modulus }): Verb => {
    const fn = ({ n }: Pair) => n % modulus !== 0
    return { model: records => records.filter(fn), specs: fs => [rows('filter', fs.ref(fn, 'keep'))] }
  }),
  fc
    .record({ times: fc.integer({ min: 0, max: 3 }), iterable: fc.boolean() })
    .map(({ times, iterable }): Verb => {
      const fn = ({ k, n }: Pair) =>
        Array.from({ length: (n + times) % 4 }, (_, i) => ({ k: (k + i) % 5, n: n + i }))
      const given = iterable ? (pair: Pair) => new Set(fn(pair)) : fn
      return {
        model: records => records.flatMap(fn),
        specs: fs => [rows('flatMap', fs.ref(given, 'spread'))],
      }
    }),
  fc.constant<Verb>({
    model: records => records.map(({ k, n }) => ({ k: n % 7, n: k })),
    specs: fs => [
      {
        op: 'select',
        input: INPUT,
        columns: [
          { from: 'n', as: 'k' },
          { from: 'k', as: 'n' },
        ],
      },
      rows(
        'map',
        fs.ref(({ k, n }: Pair) => ({ k: k % 7, n }), 'wrap'),
      ),
    ],
  }),
  fc.integer({ min: 1, max: 30 }).map(
    (limit): Verb => ({
      model: records => records.slice(0, limit),
      specs: () => [{ op: 'limit', input: INPUT, rows: limit }],
    }),
  ),
  fc.integer({ min: 1, max: 9 }).map((size): Verb => {
    const fn = (group: Pair[]) => [
      { k: group.length % 5, n: group.reduce((sum, { n }) => sum + n, 0) },
      ...group.slice(1),
    ]
    const model = (records: readonly Pair[]) => {
      const groups = Array.from({ length: Math.ceil(records.length / size) }, (_, g) =>
        records.slice(g * size, (g + 1) * size),
      )
      return groups.flatMap(group => fn([...group]))
    }
    return { model, specs: fs => [{ op: 'mapBatches', input: INPUT, fn: fs.ref(fn, 'group'), size }] }
  }),
  fc.constantFrom('complete', 'two phases').map((how): Verb => {
    const model = (records: readonly Pair[]) => {
      const sums = new Map<number, number>()
      for (const { k, n } of records) sums.set(k, (sums.get(k) ?? 0) + n)
      return [...sums].map(([k, n]) => ({ k, n }))
    }
    const spec = (phase: 'partial' | 'final' | 'complete'): ChainSpec => ({
      op: 'aggregate',
      input: INPUT,
      phase,
      shape: 'object',
      keys: [{ kind: 'column', column: 'k', as: 'k' }],
      aggregations: [{ as: 'n', spec: { op: 'sum', column: 'n' } }],
    })
    return {
      model,
      specs: () => (how === 'complete' ? [spec('complete')] : [spec('partial'), spec('final')]),
    }
  }),
)

const rows = (kind: 'map' | 'flatMap' | 'filter', fn: ReturnType<Functions['ref']>): ChainSpec => ({
  op: 'rows',
  input: INPUT,
  steps: [{ kind, fn }],
})

const records = fc.array(
  fc.record({ k: fc.integer({ min: 0, max: 4 }), n: fc.integer({ min: 0, max: 50 }) }),
  { maxLength: 40 },
)
const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 })

describe('a chain', () => {
  it('equals the array model, wherever batches end', () => {
    fc.assert(
      fc.property(records, fc.array(verb, { minLength: 1, maxLength: 5 }), sizes, (input, verbs, cuts) => {
        const functions = new Functions()
        const specs = verbs.flatMap(one => one.specs(functions))
        const expected = verbs.reduce<readonly Pair[]>((all, one) => one.model(all), input)
        expect(recordsIn(runChain(specs, functions.env(), batchesOf(input, cuts)))).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('equals the array model where its first function sometimes returns promises', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.array(verb, { maxLength: 3 }),
        sizes,
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (input, verbs, cuts, concurrency, waits) => {
          const functions = new Functions()
          const late = (pair: Pair) => (pair.n % 3 === 0 ? wait(pair.n % 8, pair) : pair)
          const specs = [
            rows('map', functions.ref(late, 'late')),
            ...verbs.flatMap(one => one.specs(functions)),
          ]
          const expected = verbs.reduce<readonly Pair[]>((all, one) => one.model(all), input)
          const given = await runChainAsync(specs, functions.env(), batchesOf(input, cuts), {
            concurrency,
            waits,
          })
          expect(recordsIn(given)).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each<[string, readonly ChainSpec[]]>([
    ['fed record by record', []],
    [
      'fed in batches',
      [
        {
          op: 'select',
          input: INPUT,
          columns: [
            { from: 'k', as: 'k' },
            { from: 'n', as: 'n' },
          ],
        },
      ],
    ],
  ])('merges the runs of an aggregation %s, and finishes the operators around it', (_, between) => {
    const functions = new Functions()
    const specs: ChainSpec[] = [
      rows(
        'map',
        functions.ref(({ k, n }: Pair) => ({ k, n: n + 1 }), 'more'),
      ),
      ...between,
      {
        op: 'aggregate',
        input: INPUT,
        phase: 'complete',
        shape: 'object',
        keys: [{ kind: 'column', column: 'k', as: 'k' }],
        aggregations: [{ as: 'n', spec: { op: 'sum', column: 'n' } }],
      },
      rows(
        'map',
        functions.ref(({ k, n }: Pair) => ({ k, n: n * 2 }), 'double'),
      ),
    ]
    const input = Array.from({ length: 100 }, (_, i) => ({ k: i % 9, n: i }))
    const expected = recordsIn(runChain(specs, functions.env(), batchesOf(input)))

    const chain = createChain(specs, functions.env())
    const runs: Batch[][] = []
    const given: Batch[] = []
    for (const [i, batch] of batchesOf(input, [30]).entries()) {
      expect(chain.pushRows!(batch, one => given.push(one))).toBe(null)
      if (i === 3) continue
      const run: Batch[] = []
      chain.drain!(one => run.push(one))
      runs.push(run)
    }
    expect(given).toEqual([])
    const merger = chain.merge!(runs.length)
    for (let run = merger.step(b => given.push(b)); run >= 0; run = merger.step(b => given.push(b))) {
      merger.feed(run, runs[run]!.shift() ?? null)
    }
    const byKey = (all: unknown[]) => (all as Pair[]).toSorted((a, b) => a.k - b.k)
    expect(byKey(recordsIn(given))).toEqual(byKey(expected))
  })

  it('says when nothing more can come of its input', () => {
    const chain = createChain([{ op: 'limit', input: INPUT, rows: 3 }], new Functions().env())
    const [first, second] = batchesOf([1, 2, 3, 4], [2, 2])
    const given: Batch[] = []
    chain.push(first!, one => given.push(one))
    expect(chain.done).toBe(false)
    chain.push(second!, one => given.push(one))
    expect(chain.done).toBe(true)
    chain.push(second!, one => given.push(one))
    expect(recordsIn(given)).toEqual([1, 2, 3])
  })
})
