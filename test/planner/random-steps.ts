/** What random jobs are made of: sources of small rows, verbs with their choices, outputs. */
import fc from 'fast-check'
import type { JoinHow, Schema, WriteFormat } from '../../operators/index.ts'
import type { JoinNode } from '../../planner/index.ts'

export const COLUMNS = ['a', 'b', 'c'] as const
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
  'sort',
  'sortAll',
  'top',
  'sample',
  'repartition',
  'byHash',
  'join',
  'set',
  'distinctBy',
] as const

const value = fc.constantFrom(0, 1, 2, 3, 4, 5, null)
const row = fc.record({ a: value, b: value, c: value })
export const DECLARED: Schema = {
  shape: 'object',
  fields: COLUMNS.map(name => ({ name, type: { kind: 'number', width: 'float64' } })),
}
export const source = fc.record({
  objects: fc.array(fc.array(row, { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
  large: fc.boolean(),
  declared: fc.boolean(),
})
const join = fc.record({
  how: fc.constantFrom<JoinHow>('inner', 'left', 'right', 'full', 'semi', 'anti', 'cross'),
  strategy: fc.constantFrom<JoinNode['strategy']>('auto', 'broadcast', 'exchange'),
  divideSkew: fc.constantFrom<JoinNode['divideSkew']>('auto', true, false),
  /** Which column of the right the left's column has to equal. */
  shift: fc.nat(2),
  keys: fc.integer({ min: 1, max: 2 }),
})
export const step = fc.record({
  // The many ways of a join need more of them.
  verb: fc.constantFrom(...VERBS, 'join', 'join', 'join', 'join'),
  input: fc.nat(),
  other: fc.nat(),
  column: fc.constantFrom(...COLUMNS),
  number: fc.integer({ min: 1, max: 5 }),
  isAsync: fc.boolean(),
  choice: fc.boolean(),
  join,
})
export type RandomSource = typeof source extends fc.Arbitrary<infer S> ? S : never
export type RandomStep = typeof step extends fc.Arbitrary<infer S> ? S : never
export const output = fc.record({
  input: fc.nat(),
  format: fc.constantFrom<WriteFormat | 'result'>('jsonl', 'csv', 'arrow', 'result'),
})
