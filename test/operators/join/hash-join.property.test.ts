/** Random tables joined in every way: equal to the array model, in the same order for any budget and any batches. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JoinHow } from '../../../operators/spec.ts'
import { modelJoin, type Row } from './join-model.ts'
import { cut, runJoin, type Spec } from './run-join.ts'

const BUDGETS = [1, 400, 3000, Number.POSITIVE_INFINITY]
const NULL = fc.constantFrom(null, undefined)

const numberKeys = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, -0, Number.NaN, 1, 2, 3, 2.5, -1e300) },
  { weight: 1, arbitrary: NULL },
)
const textKeys = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', 'a', 'é', '👩‍👩‍👧', 'a'.repeat(40), '\u0000', 'b', 'c') },
  { weight: 1, arbitrary: NULL },
)
const nestedKeys = fc.oneof(
  fc.constantFrom({ a: 1 }, { a: -0 }, { a: 0 }, { a: null, b: 'x' }, { b: 'x' }, {}),
  NULL,
)
const listKeys = fc.oneof(fc.constantFrom([], [1], [1, null], [1, Number.NaN], [0], [-0]), NULL)
const dateKeys = fc.oneof(fc.constantFrom(new Date(0), new Date(1), new Date(-5)), NULL)
const bigKeys = fc.oneof(fc.constantFrom(0n, 1n, -1n, 2n ** 62n), NULL)
const flagKeys = fc.oneof(fc.boolean(), NULL)
const binaryKeys = fc.oneof(fc.constantFrom(new Uint8Array(0), new Uint8Array([1, 2])), NULL)
const spread = fc.nat({ max: 40 })

const keyKinds = [
  numberKeys,
  textKeys,
  spread,
  numberKeys,
  textKeys,
  nestedKeys,
  listKeys,
  dateKeys,
  bigKeys,
  flagKeys,
  binaryKeys,
]

/** Records whose fields may be missing but for the first, as JSON Lines have them. */
const tableOf = (fields: Record<string, fc.Arbitrary<unknown>>, maxLength: number): fc.Arbitrary<Row[]> =>
  fc.array(fc.record(fields, { requiredKeys: Object.keys(fields).slice(0, 1) }), { maxLength })

const hows: JoinHow[] = ['inner', 'left', 'right', 'full', 'semi', 'anti', 'cross']
const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 })

const cases = fc
  .record({
    kinds: fc.array(fc.constantFrom(...keyKinds), { minLength: 1, maxLength: 3 }),
    renamed: fc.boolean(),
    how: fc.constantFrom(...hows),
    build: fc.constantFrom('left', 'right'),
    nullsEqual: fc.boolean(),
    leftMax: fc.constantFrom(0, 4, 40, 40),
    rightMax: fc.constantFrom(0, 4, 40, 40),
  })
  .chain(({ kinds, renamed, how, build, nullsEqual, leftMax, rightMax }) => {
    const other = renamed || how === 'cross' ? 'r' : 'k'
    const on = kinds.map((_, i) => ({ left: `k${i}`, right: `${other}${i}` }))
    const keys = (side: 'left' | 'right') => Object.fromEntries(on.map((pair, i) => [pair[side], kinds[i]!]))
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 4 }), NULL)
    return fc.record({
      spec: fc.constant({ op: 'join', how, on, nullsEqual, build, suffix: '_r' } as Spec),
      // A name of both that comes late on the left is refused.
      left: tableOf({ both: text, id: fc.nat(), ...keys('left'), x: fc.double() }, leftMax),
      right: tableOf({ ...keys('right'), n: fc.nat(), both: text }, rightMax),
      leftSizes: sizes,
      rightSizes: sizes,
    })
  })

/** Joins by a key that no row has are refused, which has tests of its own. */
function hasKeys(spec: Spec, left: readonly Row[], right: readonly Row[]): boolean {
  if (spec.how === 'cross' || spec.on === 'all') return true
  return spec.on.every(
    pair =>
      (left.length === 0 || left.some(row => pair.left in row)) &&
      (right.length === 0 || right.some(row => pair.right in row)),
  )
}

/** Fields of objects in a column are null where missing: left away on both sides. */
function withoutNullFields(records: readonly unknown[]): Row[] {
  const isObject = (value: unknown): value is Row =>
    Object.prototype.toString.call(value) === '[object Object]'
  return (records as Row[]).map(record =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) =>
        isObject(value)
          ? [name, Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null))]
          : [name, value],
      ),
    ),
  )
}

describe('a join of random tables', () => {
  test('is that of the array model, with the same rows in the same order for any budget and any batches', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ spec, left, right, leftSizes, rightSizes }) => {
        fc.pre(hasKeys(spec, left, right))
        const expected = withoutNullFields(modelJoin(spec, left, right))
        const inputs = [cut(left, leftSizes), cut(right, rightSizes)] as const
        let schema: string | null = null
        for (const budget of BUDGETS) {
          const joined = await runJoin(spec, inputs, budget)
          expect(withoutNullFields(joined.records)).toEqual(expected)
          schema ??= joined.schema
          expect(joined.schema).toBe(schema)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('by whole records is that of the array model, though the sides have columns of their own', async () => {
    const field = fc.constantFrom(undefined, null, 0, -0, 1, Number.NaN)
    const table = tableOf({ a: field, b: fc.constantFrom(null, 'x', 'y'), c: field }, 30)
    const how = fc.constantFrom<JoinHow>('semi', 'anti', 'inner', 'left', 'right', 'full')
    const build = fc.constantFrom<Spec['build']>('left', 'right')
    await fc.assert(
      fc.asyncProperty(table, table, how, build, sizes, async (left, right, how, build, size) => {
        const spec: Spec = { op: 'join', how, on: 'all', nullsEqual: true, build }
        const expected = modelJoin(spec, left, right)
        for (const budget of BUDGETS) {
          const joined = await runJoin(spec, [cut(left, size), cut(right, size)], budget)
          expect(joined.records).toEqual(expected)
        }
      }),
      { numRuns: 100 },
    )
  })
})
