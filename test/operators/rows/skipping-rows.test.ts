/** Row functions where bad records are skipped, against the same steps on plain arrays. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DunlinError } from '../../../operators/errors.ts'
import type { ChainSpec, RowStep } from '../../../operators/spec.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChain, runChainAsync } from '../tree/run-chain.ts'
import { BadNotes } from './bad-notes.ts'

type Fn = (record: number) => unknown

/** A step on numbers that fails on those that are `rest` modulo `of`. */
interface Faulty {
  readonly kind: RowStep['kind']
  readonly of: number
  readonly rest: number
  readonly how: 'throws' | 'rejects' | 'gives no record' | 'throws midway'
  readonly waits: boolean
}

const faulty: fc.Arbitrary<Faulty> = fc.record({
  kind: fc.constantFrom('map', 'flatMap', 'filter'),
  of: fc.integer({ min: 2, max: 5 }),
  rest: fc.nat({ max: 4 }),
  how: fc.constantFrom('throws', 'rejects', 'gives no record', 'throws midway'),
  waits: fc.boolean(),
})

const isBad = ({ of, rest }: Faulty, n: number): boolean => Math.abs(n) % of === rest
const made = ({ kind }: Faulty, n: number): unknown =>
  kind === 'map' ? n + 1 : kind === 'filter' ? n % 7 !== 3 : [n, -n, n + 10]

function* midway(n: number): Generator<number> {
  yield n
  throw new Error(`midway ${n}`)
}

function functionOf(step: Faulty): Fn {
  return n => {
    if (!isBad(step, n)) {
      return step.waits && step.kind !== 'filter' && n % 3 === 0
        ? new Promise(resolve => setTimeout(resolve, n % 2, made(step, n)))
        : made(step, n)
    }
    if (step.how === 'rejects' && step.kind !== 'filter') return Promise.reject(new Error(`late ${n}`))
    if (step.how === 'throws midway' && step.kind === 'flatMap') return midway(n)
    if (step.how === 'gives no record' && step.kind === 'flatMap') return 'not an array'
    throw new Error(`at once ${n}`)
  }
}

interface Outcome {
  readonly rows: readonly number[]
  readonly bad: readonly number[]
}

/** Record by record, depth first, as lazy iteration would go. */
function model(steps: readonly Faulty[], records: readonly number[]): Outcome {
  const rows: number[] = []
  const bad: number[] = []
  const go = (n: number, k: number): void => {
    const step = steps[k]
    if (step === undefined) rows.push(n)
    else if (isBad(step, n)) bad.push(n)
    else if (step.kind === 'map') go(made(step, n) as number, k + 1)
    else if (step.kind === 'filter') {
      if (made(step, n) === true) go(n, k + 1)
    } else for (const one of made(step, n) as number[]) go(one, k + 1)
  }
  for (const n of records) go(n, 0)
  return { rows, bad }
}

function chainOf(
  steps: readonly { readonly kind: RowStep['kind']; readonly fn: (...args: never[]) => unknown }[],
) {
  const functions = new Functions()
  const bad = new BadNotes()
  const specs: ChainSpec[] = [
    { op: 'rows', input: INPUT, steps: steps.map(({ kind, fn }) => ({ kind, fn: functions.ref(fn, 'f') })) },
  ]
  return { specs, env: { ...functions.env(), bad }, bad }
}

const records = fc.array(fc.nat({ max: 60 }), { maxLength: 40 })
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 })

describe('bad records are skipped', () => {
  it('one by one, in their order, and nothing else is: as on plain arrays', () => {
    const sync = faulty.map(
      step => ({ ...step, waits: false, how: step.how === 'rejects' ? 'throws' : step.how }) as const,
    )
    fc.assert(
      fc.property(fc.array(sync, { minLength: 1, maxLength: 4 }), records, sizes, (steps, given, cut) => {
        const { specs, env, bad } = chainOf(steps.map(step => ({ kind: step.kind, fn: functionOf(step) })))
        const rows = recordsIn(runChain(specs, env, batchesOf(given, cut)))
        expect({ rows, bad: bad.records }).toEqual(model(steps, given))
      }),
      { numRuns: 500 },
    )
  })

  it('in the same order where functions return promises, whatever order those settle in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(faulty, { minLength: 1, maxLength: 3 }),
        records,
        sizes,
        fc.record({ concurrency: fc.integer({ min: 1, max: 6 }), waits: fc.boolean() }),
        async (steps, given, cut, options) => {
          const { specs, env, bad } = chainOf(steps.map(step => ({ kind: step.kind, fn: functionOf(step) })))
          const rows = recordsIn(await runChainAsync(specs, env, batchesOf(given, cut), options))
          expect({ rows, bad: bad.records }).toEqual(model(steps, given))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('a generator that throws midway gives nothing of its record, and its neighbours all of theirs', () => {
    const { specs, env, bad } = chainOf([
      {
        kind: 'flatMap',
        fn: function* (n: number) {
          yield n
          yield n + 0.5
          if (n === 2) throw new Error('midway')
          yield -n
        },
      },
    ])
    expect(recordsIn(runChain(specs, env, batchesOf([1, 2, 3])))).toEqual([1, 1.5, -1, 3, 3.5, -3])
    expect(bad.records).toEqual([2])
    expect(bad.errors[0]!.message).toBe('FlatMap f threw on record 2: midway')
  })

  it('a function that fails on one row of a flatMap costs that row, not its siblings', () => {
    const { specs, env, bad } = chainOf([
      { kind: 'flatMap', fn: (n: number) => [n, n * 10] },
      {
        kind: 'map',
        fn: (n: number) => {
          if (n === 20) throw new Error('no twenty')
          return n
        },
      },
    ])
    expect(recordsIn(runChain(specs, env, batchesOf([1, 2, 3])))).toEqual([1, 10, 2, 3, 30])
    expect(bad.records).toEqual([20])
  })

  it('what no column can hold is a bad record of its own, once filters have had their say', () => {
    const { specs, env, bad } = chainOf([
      {
        kind: 'map',
        fn: (n: number) => (n % 2 === 0 ? { n, error: new Error('even') } : { n, error: null }),
      },
      { kind: 'filter', fn: (r: { n: number }) => r.n !== 2 },
    ])
    expect(recordsIn(runChain(specs, env, batchesOf([1, 2, 3, 4])))).toEqual([
      { n: 1, error: null },
      { n: 3, error: null },
    ])
    expect(bad.records).toEqual([{ n: 4, error: new Error('even') }])
    expect(bad.errors[0]!.code).toBe('TYPE_MISMATCH')
  })

  it('leave no trace in the types of what comes after', () => {
    const { specs, env } = chainOf([
      { kind: 'map', fn: (n: number) => (n === 0 ? { v: 'text', f: () => 1 } : { v: n }) },
    ])
    expect(recordsIn(runChain(specs, env, batchesOf([0, 1, 2])))).toEqual([{ v: 1 }, { v: 2 }])
  })

  it('of a batch that a function fails on, all are bad: nobody knows which one it was', () => {
    const functions = new Functions()
    const bad = new BadNotes()
    const fn = functions.ref((batch: number[]) => {
      if (batch.includes(4)) throw new Error('four')
      return batch
    }, 'f')
    const specs: ChainSpec[] = [{ op: 'mapBatches', input: INPUT, fn, size: 2 }]
    const rows = recordsIn(runChain(specs, { ...functions.env(), bad }, batchesOf([1, 2, 3, 4, 5], [3])))
    expect(rows).toEqual([1, 2, 5])
    expect(bad.records).toEqual([3, 4])
  })
})

describe('is not skipped', () => {
  const errorOf = (work: () => unknown): DunlinError => {
    try {
      work()
    } catch (error) {
      if (error instanceof DunlinError) return error
      throw error
    }
    throw new Error('nothing was thrown')
  }

  it('a promise from a filter: the function is wrong, and no record is', () => {
    const filters = chainOf([{ kind: 'filter', fn: async () => true }])
    expect(errorOf(() => runChain(filters.specs, filters.env, batchesOf([1]))).message).toContain(
      'returned a promise',
    )
    const inside = chainOf([
      { kind: 'flatMap', fn: (n: number) => [n] },
      { kind: 'flatMap', fn: (n: number) => [n] },
      { kind: 'filter', fn: async () => true },
    ])
    expect(errorOf(() => runChain(inside.specs, inside.env, batchesOf([1]))).message).toContain(
      'returned a promise',
    )
    expect([...filters.bad.records, ...inside.bad.records]).toEqual([])
  })

  it('two records that do not go together: nobody knows which one is wrong', () => {
    const { specs, env, bad } = chainOf([
      { kind: 'flatMap', fn: (n: number) => [{ v: n === 2 ? 'two' : n }] },
    ])
    expect(errorOf(() => runChain(specs, env, batchesOf([1, 2]))).code).toBe('TYPE_MISMATCH')
    expect(bad.records).toEqual([])
  })

  it('what the engine throws through a function', () => {
    const { specs, env } = chainOf([
      {
        kind: 'map',
        fn: () => {
          throw new DunlinError('TOO_LARGE', 'a task has more than 1000 counters')
        },
      },
    ])
    expect(errorOf(() => runChain(specs, env, batchesOf([1]))).code).toBe('USER_FUNCTION')
  })

  it('anything, without a policy', () => {
    const { specs, env } = chainOf([{ kind: 'map', fn: (n: number) => n.toFixed(1000) }])
    const { bad: _, ...failing } = env
    expect(errorOf(() => runChain(specs, failing, batchesOf([1]))).code).toBe('USER_FUNCTION')
  })
})
