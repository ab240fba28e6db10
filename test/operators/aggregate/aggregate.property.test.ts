/** Aggregations equal the array model: from records, from columns, in one task or several. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { AggregationSpec, KeySpec } from '../../../operators/spec.ts'
import { batchesOf, Functions, recordsIn } from '../tree/run-chain.ts'
import { type ModelAggregation, type ModelKey, modelOf, type Row } from './array-model.ts'
import { aggregated, broken, finalAggregate, type RunSpec, statesOf } from './run-aggregate.ts'

const nullable = <T>(value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: fc.sample(fc.constantFrom(null, undefined), 1)[0]! })

const row = fc.record({
  text: nullable(fc.constantFrom('', 'a', 'b', 'é', 'longer than fifteen bytes', '\u{1f600}', '\ufffd')),
  number: nullable(fc.constantFrom(0, -0, 1, 2.5, Number.NaN, Number.POSITIVE_INFINITY)),
  whole: nullable(fc.integer({ min: -5, max: 1000 })),
  big: nullable(fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n })),
  flag: nullable(fc.boolean()),
  day: nullable(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(5) })),
})

const COLUMNS = ['text', 'number', 'whole', 'big', 'flag', 'day'] as const
const KEYS: readonly (ModelKey & { readonly column?: string })[] = [
  ...COLUMNS.map(column => ({ as: column, column, of: (r: Row) => r[column] })),
  { as: 'length', of: r => String(r['text'] ?? '').length },
]
const AGGREGATIONS: readonly ModelAggregation[] = [
  { as: 'rows', op: 'count' },
  { as: 'texts', op: 'count', column: 'text' },
  { as: 'whole sum', op: 'sum', column: 'whole' },
  { as: 'big sum', op: 'sum', column: 'big' },
  { as: 'mean', op: 'mean', column: 'whole' },
  { as: 'big mean', op: 'mean', column: 'big' },
  ...(['min', 'max'] as const).flatMap(op =>
    (['text', 'number', 'big', 'flag', 'day'] as const).map(column => ({
      as: `${op} ${column}`,
      op,
      column,
    })),
  ),
  { as: 'ids', op: 'user' },
]

const cases = fc.record({
  rows: fc.array(row, { maxLength: 60 }).map(rows => rows.map((r, id): Row => ({ id, ...r }))),
  keys: fc.subarray([...KEYS], { maxLength: 3 }),
  aggregations: fc.subarray([...AGGREGATIONS], { minLength: 1 }),
  sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }),
})

/** The spec, with its functions. */
function specOf(
  keys: (typeof KEYS)[number][],
  aggregations: readonly ModelAggregation[],
  functions: Functions,
): RunSpec {
  const user = (): AggregationSpec => ({
    op: 'user',
    init: functions.ref(() => [], 'init'),
    add: functions.ref((ids: number[], r: Row) => [...ids, r['id']], 'add'),
    merge: functions.ref((a: number[], b: number[]) => [...a, ...b], 'merge'),
    finish: functions.ref((ids: number[]) => `<${ids.join()}>`, 'finish'),
  })
  return {
    phase: 'complete',
    shape: 'object',
    keys: keys.map(
      ({ as, column, of }): KeySpec =>
        column === undefined
          ? { kind: 'function', fn: functions.ref(of, 'keyOf'), as }
          : { kind: 'column', column, as },
    ),
    aggregations: aggregations.map(({ as, op, column }) => ({
      as,
      spec:
        op === 'user'
          ? user()
          : op === 'count' && column === undefined
            ? { op }
            : ({ op, column } as AggregationSpec),
    })),
  }
}

const RUNS = { numRuns: 400 }

describe('an aggregation', () => {
  it('of columns or of records equals the array model, wherever batches end', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, keys, aggregations, sizes }) => {
        const functions = new Functions()
        const spec = specOf(keys, aggregations, functions)
        const expected = modelOf(rows, keys, aggregations)
        for (const way of ['columns', 'records'] as const) {
          const given = await aggregated(spec, functions, batchesOf(rows, sizes), { of: way })
          expect(recordsIn(given)).toEqual(expected)
        }
      }),
      RUNS,
    )
  })

  it('in two phases equals the array model, however the rows are divided among tasks', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.integer({ min: 1, max: 30 }),
        async ({ rows, keys, aggregations, sizes }, perTask) => {
          const functions = new Functions()
          const spec = specOf(keys, aggregations, functions)
          const states: Batch[] = []
          for (let from = 0; from < rows.length; from += perTask) {
            states.push(...statesOf(spec, functions, batchesOf(rows.slice(from, from + perTask), sizes)))
          }
          const final = await broken(finalAggregate(spec, functions), states)
          expect(recordsIn(final)).toEqual(modelOf(rows, keys, aggregations))
        },
      ),
      RUNS,
    )
  })
})
