/** Verbs of chains, each with its model on arrays. Records are always `{ k, n }`. */
import fc from 'fast-check'
import type { ChainSpec } from '../../../operators/spec.ts'
import { type Functions, INPUT } from './run-chain.ts'

export interface Pair {
  readonly k: number
  readonly n: number
}

/** A verb of the array model, and the operators that stand for it. Records are always `{ k, n }`. */
export interface Verb {
  readonly specs: (functions: Functions) => ChainSpec[]
  readonly model: (records: readonly Pair[]) => Pair[]
}

export const wait = async <T>(turns: number, value: T): Promise<T> => {
  for (let i = 0; i < turns; i++) await null
  return value
}

export const verb: fc.Arbitrary<Verb> = fc.oneof(
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
)

export const rows = (kind: 'map' | 'flatMap' | 'filter', fn: ReturnType<Functions['ref']>): ChainSpec => ({
  op: 'rows',
  input: INPUT,
  steps: [{ kind, fn }],
})

export const records = fc.array(
  fc.record({ k: fc.integer({ min: 0, max: 4 }), n: fc.integer({ min: 0, max: 50 }) }),
  { maxLength: 40 },
)
export const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 })
