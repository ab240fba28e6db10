/** Aggregations equal the array model: from records, from columns, in one phase or two, with and without drains. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { AggregateSpec, AggregationSpec, KeySpec } from '../../../operators/spec.ts'
import { createChain } from '../../../operators/tree/create-chain.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChain } from '../tree/run-chain.ts'
import { type ModelAggregation, type ModelKey, modelOf, type Row } from './array-model.ts'

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

/** The spec of a phase, with its functions. */
function specOf(
  phase: AggregateSpec['phase'],
  keys: (typeof KEYS)[number][],
  aggregations: readonly ModelAggregation[],
  functions: Functions,
): AggregateSpec {
  const user = (): AggregationSpec => ({
    op: 'user',
    init: functions.ref(() => [], 'init'),
    add: functions.ref((ids: number[], r: Row) => [...ids, r['id']], 'add'),
    merge: functions.ref((a: number[], b: number[]) => [...a, ...b], 'merge'),
    finish: functions.ref((ids: number[]) => `<${ids.join()}>`, 'finish'),
  })
  return {
    op: 'aggregate',
    input: INPUT,
    phase,
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
  it('of columns or of records equals the array model, wherever batches end', () => {
    fc.assert(
      fc.property(cases, ({ rows, keys, aggregations, sizes }) => {
        const functions = new Functions()
        const spec = specOf('complete', keys, aggregations, functions)
        const same = {
          op: 'rows',
          input: INPUT,
          steps: [{ kind: 'map', fn: functions.ref((r: Row) => r, 'same') }],
        } as const
        const expected = modelOf(rows, keys, aggregations)
        expect(recordsIn(runChain([spec], functions.env(), batchesOf(rows, sizes)))).toEqual(expected)
        expect(recordsIn(runChain([same, spec], functions.env(), batchesOf(rows, sizes)))).toEqual(expected)
      }),
      RUNS,
    )
  })

  it('in two phases equals the array model, however the rows are divided among tasks', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 30 }), ({ rows, keys, aggregations, sizes }, perTask) => {
        const functions = new Functions()
        const partial = specOf('partial', keys, aggregations, functions)
        const states: Batch[] = []
        for (let from = 0; from < rows.length; from += perTask) {
          states.push(
            ...runChain([partial], functions.env(), batchesOf(rows.slice(from, from + perTask), sizes)),
          )
        }
        const final = runChain([specOf('final', keys, aggregations, functions)], functions.env(), states)
        expect(recordsIn(final)).toEqual(modelOf(rows, keys, aggregations))
      }),
      RUNS,
    )
  })

  it('equals the array model when its state is drained, in an order that does not depend on when', () => {
    fc.assert(
      fc.property(
        cases,
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
        ({ rows, keys, aggregations, sizes }, drains) => {
          const functions = new Functions()
          const spec = specOf('complete', keys, aggregations, functions)
          const expected = modelOf(rows, keys, aggregations)
          const drained = drainedRun(spec, functions, batchesOf(rows, sizes), new Set(drains))
          const always = drainedRun(spec, functions, batchesOf(rows, [1]), new Set(rows.keys()))
          expect(drained).toEqual(always)
          expect(new Set(drained.map(String))).toEqual(new Set(expected.map(String)))
          const sorted = (records: unknown[]) => records.map(r => JSON.stringify(r, plain)).sort()
          expect(sorted(drained)).toEqual(sorted(expected))
        },
      ),
      RUNS,
    )
  })
})

const plain = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'number' ? String(value) : value
}

/** Drains after the batches of these numbers, and merges at the end; nothing drained: after the first. */
function drainedRun(
  spec: AggregateSpec,
  functions: Functions,
  batches: readonly Batch[],
  after: ReadonlySet<number>,
): unknown[] {
  const chain = createChain([spec], functions.env())
  const runs: Batch[][] = []
  const given: Batch[] = []
  const nothing = () => {
    throw new Error('nothing is given before the end')
  }
  for (const [i, batch] of batches.entries()) {
    chain.push(batch, nothing)
    if (!after.has(i) && !(i === 0 && ![...after].some(n => n < batches.length))) continue
    const run: Batch[] = []
    chain.drain!(one => run.push(one))
    expect(chain.sizeBytes).toBe(0)
    runs.push(run)
  }
  if (runs.length === 0) {
    chain.finish(one => given.push(one))
    return recordsIn(given)
  }
  const merger = chain.merge!(runs.length)
  for (
    let needed = merger.step(one => given.push(one));
    needed >= 0;
    needed = merger.step(one => given.push(one))
  ) {
    merger.feed(needed, runs[needed]!.shift() ?? null)
  }
  return recordsIn(given)
}
