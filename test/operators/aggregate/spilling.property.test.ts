/** An aggregation gives the same bytes for any budget: rows, their order, types, and the bits of sums. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import type { AggregationSpec, KeySpec, NamedAggregation } from '../../../operators/spec.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { batchesOf, Functions, recordsIn } from '../tree/run-chain.ts'
import { type ModelAggregation, type ModelKey, modelOf, type Row } from './array-model.ts'
import { broken, bytesOf, finalAggregate, type RunSpec, statesOf } from './run-aggregate.ts'

const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })

/** Sums of such numbers depend on the order of the additions, and on where they begin. */
const inexact = fc.constantFrom(0.1, 0.2, 1e16, -1e16, -0, 3, Number.NaN, Number.NEGATIVE_INFINITY)
const text = fc.constantFrom('', 'a', 'é', 'longer than fifteen bytes', '\u{1f600}', '\ufffd', '\0')

const row = fc.record({
  text: nullable(text),
  number: nullable(fc.constantFrom(0, -0, 1, 2.5, Number.NaN, Number.POSITIVE_INFINITY)),
  big: nullable(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })),
  flag: nullable(fc.boolean()),
  day: nullable(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(5) })),
  bytes: nullable(fc.uint8Array({ maxLength: 2, max: 2 })),
  list: nullable(fc.array(fc.constantFrom(1, -0, 0, Number.NaN), { maxLength: 2 })),
  object: nullable(fc.record({ x: nullable(fc.nat({ max: 2 })) }, { requiredKeys: [] })),
  id: fc.nat({ max: 40 }),
  float: nullable(inexact),
})

const KEYS = ['text', 'number', 'big', 'flag', 'day', 'bytes', 'list', 'object', 'id', 'late'] as const

const columnOf = (op: 'sum' | 'mean' | 'min' | 'max', ...columns: string[]): NamedAggregation[] =>
  columns.map(column => ({ as: `${op} ${column}`, spec: { op, column } }))

const AGGREGATIONS: readonly NamedAggregation[] = [
  { as: 'rows', spec: { op: 'count' } },
  { as: 'texts', spec: { op: 'count', column: 'text' } },
  ...columnOf('sum', 'float', 'big', 'late'),
  ...columnOf('mean', 'float', 'big'),
  ...columnOf('min', 'text', 'number', 'big', 'flag', 'day'),
  ...columnOf('max', 'text', 'number', 'late'),
]

/** The row numbers of a group, in order; the calls of `merge` and `finish` are written down. */
function numbersOf(functions: Functions, calls: string[]): AggregationSpec {
  const record = (call: string) => calls.push(call)
  return {
    op: 'user',
    init: functions.ref(() => [], 'init'),
    add: functions.ref((all: number[], { n }: { n: number }) => [...all, n], 'add'),
    merge: functions.ref((a: number[], b: number[]) => {
      record(`merge ${a} and ${b}`)
      return [...a, ...b]
    }, 'merge'),
    finish: functions.ref((all: number[]) => {
      record(`finish ${all}`)
      return { text: all.join(), [`of ${all.length}`]: all.length }
    }, 'finish'),
  }
}

const cases = fc.record({
  rows: fc.array(row, { minLength: 1, maxLength: 80 }),
  lateFrom: fc.nat({ max: 80 }),
  keys: fc.subarray([...KEYS], { minLength: 1, maxLength: 3 }),
  aggregations: fc.subarray([...AGGREGATIONS]),
  user: fc.boolean(),
  perTask: fc.integer({ min: 1, max: 30 }),
  sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }),
  /** From one that holds a group or two to one that just does not suffice. */
  budgets: fc.array(fc.integer({ min: 1, max: 12_000 }), { minLength: 2, maxLength: 3 }),
})

interface Run {
  readonly bytes: Buffer
  /** As one batch: which fields an object lacks is up to the batch it is in. */
  readonly records: () => readonly unknown[]
  readonly merges: readonly string[]
  readonly finishes: readonly string[]
}

async function run(
  spec: (calls: string[]) => [RunSpec, Functions],
  states: readonly Batch[],
  budgetBytes = Number.POSITIVE_INFINITY,
): Promise<Run & { readonly runs: MemoryRuns }> {
  const calls: string[] = []
  const runs = new MemoryRuns()
  const given = await broken(finalAggregate(...spec(calls), { budgetBytes, runs }), states)
  expect(runs.live).toBe(0)
  return {
    bytes: bytesOf(given),
    records: () => (given.length === 0 ? [] : recordsIn([concatBatches(given)])),
    merges: calls.filter(call => call.startsWith('merge')),
    finishes: calls.filter(call => call.startsWith('finish')),
    runs,
  }
}

/** The rows of tasks of so many rows each, as states. */
const statesOfTasks = (
  [spec, functions]: [RunSpec, Functions],
  rows: readonly Row[],
  perTask: number,
  sizes: readonly number[],
): Batch[] =>
  Array.from({ length: Math.ceil(rows.length / perTask) }, (_, task) =>
    statesOf(spec, functions, batchesOf(rows.slice(task * perTask, (task + 1) * perTask), sizes)),
  ).flat()

let spills = 0

/** Equal to a run without a budget; the calls for one group come in the same order, which their arguments show. */
async function expectSame(
  spec: (calls: string[]) => [RunSpec, Functions],
  states: readonly Batch[],
  budgets: readonly number[],
): Promise<Run> {
  const whole = await run(spec, states)
  expect(whole.runs.objects).toBe(0)
  for (const budget of budgets) {
    const divided = await run(spec, states, budget)
    spills += divided.runs.objects
    if (!divided.bytes.equals(whole.bytes)) expect(divided.records()).toEqual(whole.records())
    expect(divided.bytes.equals(whole.bytes)).toBe(true)
    expect([...divided.merges].sort()).toEqual([...whole.merges].sort())
    expect(divided.finishes).toEqual(whole.finishes)
  }
  return whole
}

const present = (value: unknown): boolean => value !== null && value !== undefined

/** What a Map tells apart must be what groups are told apart by. */
function modelKey(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${value.join()}`
  if (Array.isArray(value)) return `list ${value.map(item => (item === 0 ? 0 : item)).join()}`
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    return `object ${(value as { x?: number }).x ?? 'null'}`
  return value
}

describe('an aggregation within a budget', () => {
  it('gives the same bytes, and calls functions in the same order, for any budget', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async one => {
        const { keys, aggregations, user, perTask, sizes, budgets } = one
        // The first row of each task has every column, since a task without one of them is refused.
        const rows = one.rows.map((r, n): Row => {
          const lacks = n < one.lateFrom && n % perTask !== 0
          return { ...r, n, ...(lacks ? {} : { late: n % 3 === 0 ? null : n % 5 }) }
        })
        const spec = (calls: string[]): [RunSpec, Functions] => {
          const functions = new Functions()
          const numbers = { as: 'numbers', spec: numbersOf(functions, calls) }
          return [
            {
              phase: 'complete',
              shape: 'object',
              keys: keys.map((column): KeySpec => ({ kind: 'column', column, as: column })),
              aggregations: user ? [...aggregations, numbers] : aggregations,
            },
            functions,
          ]
        }
        const states = statesOfTasks(spec([]), rows, perTask, sizes)
        const records = (await expectSame(spec, states, budgets)).records()
        // Which rows are a group, and in which order groups come, is known without any of this.
        const modelKeys = keys.map((as): ModelKey => ({ as, of: r => modelKey(r[as]) }))
        const counted: ModelAggregation[] = [{ as: 'rows', op: 'count' }]
        const expected = modelOf(rows, modelKeys, counted)
        expect(records.length).toBe(expected.length)
        records.forEach((record, i) => {
          for (const key of keys) expect(modelKey((record as Row)[key]) ?? null).toEqual(expected[i]![key])
          const { rows: count } = record as Row
          if (present(count)) expect(count).toBe(expected[i]!['rows'])
        })
      }),
      { numRuns: 250 },
    )
    expect(spills).toBeGreaterThan(1000)
  })

  it('of sums that turn from integers to float64 rounds as if nothing had been divided', async () => {
    const int64 = { kind: 'int64', as: 'number' } as const
    const float64 = { kind: 'number', width: 'float64' } as const
    const part = fc.record({
      type: fc.constantFrom('int64', 'float64'),
      rows: fc.array(fc.tuple(fc.nat({ max: 9 }), fc.integer({ min: 1, max: 2 ** 53 - 1 })), {
        minLength: 1,
        maxLength: 12,
      }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3000 }),
        async (parts, budget) => {
          const spec = (): [RunSpec, Functions] => [
            {
              phase: 'complete',
              shape: 'object',
              keys: [{ kind: 'column', column: 'k', as: 'k' }],
              aggregations: columnOf('sum', 'v'),
            },
            new Functions(),
          ]
          const states = parts.flatMap(({ type, rows }) => {
            const fields = [
              { name: 'k', type: float64 },
              { name: 'v', type: type === 'int64' ? int64 : float64 },
            ]
            const records = rows.map(([k, v]) => ({ k, v: type === 'int64' ? v : v / 3 }))
            // A task each, so that states are as many as rows.
            return batchesOf(records, [1], { shape: 'object', fields }).flatMap(batch =>
              statesOf(...spec(), [batch]),
            )
          })
          await expectSame(spec, states, [budget, 1])
        },
      ),
      { numRuns: 150 },
    )
  })

  it('keeps the first of equal records, of columns that appear late, too', async () => {
    const value = nullable(fc.nat({ max: 4 }))
    const record = fc.oneof(
      fc.record({ a: value, b: nullable(text) }, { requiredKeys: [] }),
      fc.record({ c: fc.array(value, { maxLength: 2 }), a: value }, { requiredKeys: [] }),
      fc.record({ d: fc.record({ e: value }, { requiredKeys: [] }) }, { requiredKeys: [] }),
    )
    const pair = fc.tuple(value, nullable(text))
    const shaped = fc.oneof(
      fc.array(record, { maxLength: 60 }),
      fc.array(pair, { maxLength: 60 }),
      fc.array(nullable(fc.constantFrom(0, -0, Number.NaN, 1, 2, 3, 4, 5, 6)), { maxLength: 60 }),
    )
    const spec = (): [RunSpec, Functions] => [
      { phase: 'complete', shape: 'object', keys: 'all', aggregations: [] },
      new Functions(),
    ]
    await fc.assert(
      fc.asyncProperty(
        shaped,
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 3 }),
        async (records, perTask, budgets) => {
          const states = statesOfTasks(spec(), records as Row[], perTask, [3])
          const given = (await expectSame(spec, states, budgets)).records()
          const canonical = (one: unknown): string =>
            JSON.stringify(one, (_, inner) => {
              if (typeof inner === 'number') return Number.isNaN(inner) ? 'NaN' : inner + 0
              if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner ?? null
              const fields = Object.entries(inner).filter(([, field]) => present(field))
              return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)))
            }) ?? 'null'
          expect(given.map(canonical)).toEqual([...new Set(records.map(canonical))])
        },
      ),
      { numRuns: 200 },
    )
  })
})
