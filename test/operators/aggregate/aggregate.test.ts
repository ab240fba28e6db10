/** Aggregations: types, shapes, empty input, budgets, and what is said when something does not fit. */
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { schemaText } from '../../../operators/batch/schema.ts'
import type { DunlinError } from '../../../operators/errors.ts'
import { RowChain } from '../../../operators/rows/row-chain.ts'
import type { AggregateSpec, AggregationSpec, KeySpec, NamedAggregation } from '../../../operators/spec.ts'
import { recordBatch, recordText } from '../batch/record-batches.ts'
import { batchesOf, Functions, recordsIn } from '../tree/run-chain.ts'
import {
  aggregated,
  broken,
  finalAggregate,
  partialAggregate,
  type RunSpec,
  statesOf,
} from './run-aggregate.ts'

const byColumn = (...columns: string[]): KeySpec[] =>
  columns.map(column => ({ kind: 'column', column, as: column }))
const named = (aggregations: Record<string, AggregationSpec>): NamedAggregation[] =>
  Object.entries(aggregations).map(([as, spec]) => ({ as, spec }))

function spec(
  phase: AggregateSpec['phase'],
  keys: AggregateSpec['keys'],
  aggregations: Record<string, AggregationSpec>,
  shape: AggregateSpec['shape'] = 'object',
): RunSpec {
  return { phase, keys, aggregations: named(aggregations), shape }
}

const NO_FUNCTIONS = new Functions()

const runFinal = (one: RunSpec, functions: Functions, states: readonly Batch[]): Promise<Batch[]> =>
  broken(finalAggregate(one, functions), states)

const complete = (
  records: readonly unknown[],
  keys: AggregateSpec['keys'],
  aggregations: Record<string, AggregationSpec>,
  shape?: AggregateSpec['shape'],
): Promise<Batch[]> =>
  aggregated(spec('complete', keys, aggregations, shape), NO_FUNCTIONS, batchesOf(records, [2]))

/** Both ways in must say the same. */
async function errorOf(
  records: readonly unknown[],
  keys: AggregateSpec['keys'],
  aggregations: Record<string, AggregationSpec>,
): Promise<DunlinError> {
  const one = spec('complete', keys, aggregations)
  const of = (how: 'columns' | 'records') =>
    thrownBy(() => aggregated(one, new Functions(), batchesOf(records, [1]), { of: how }))
  const fromColumns = await of('columns')
  const fromRecords = await of('records')
  expect(fromRecords.code).toBe(fromColumns.code)
  expect(fromRecords.place.operator).toBe(fromColumns.place.operator)
  return fromRecords
}

async function thrownBy(work: () => unknown): Promise<DunlinError> {
  try {
    await work()
  } catch (error) {
    return error as DunlinError
  }
  throw new Error('nothing was thrown')
}

describe('the results of an aggregation', () => {
  it('add float64 in the order of the rows', async () => {
    const values = [0.1, 1e16, 0.2, -1e16, 0.3]
    const sum = values.reduce((a, b) => a + b, 0)
    expect(recordsIn(await complete(values, [], { total: { op: 'sum', column: 'value' } }))).toEqual([
      { total: sum },
    ])
  })

  it('are typed by their columns', async () => {
    const schema: Schema = {
      shape: 'object',
      fields: [
        { name: 'k', type: { kind: 'fixedBinary', byteLength: 2 } },
        { name: 'i', type: { kind: 'int64', as: 'number' } },
        { name: 's', type: { kind: 'number', width: 'int16' } },
        { name: 'd', type: { kind: 'timestamp' } },
      ],
    }
    const records = [
      { k: Uint8Array.of(1, 2), i: 1, s: 3, d: new Date(5) },
      { k: Uint8Array.of(1, 2), i: 2, s: 4, d: null },
    ]
    const batches = await aggregated(
      spec('complete', byColumn('k'), {
        sum: { op: 'sum', column: 'i' },
        least: { op: 'min', column: 's' },
        last: { op: 'max', column: 'd' },
        most: { op: 'max', column: 'i' },
        mean: { op: 'mean', column: 'i' },
        total: { op: 'sum', column: 's' },
        count: { op: 'count' },
      }),
      NO_FUNCTIONS,
      batchesOf(records, [2], schema),
    )
    expect(schemaText(batches[0]!.schema)).toBe(
      'object { k: fixedBinary(2), sum: int64, least: int16, last: timestamp, most: int64, mean: float64, total: float64, count: int64 }',
    )
    expect(recordsIn(batches)).toEqual([
      { k: Uint8Array.of(1, 2), sum: 3, least: 3, last: new Date(5), most: 2, mean: 1.5, total: 7, count: 2 },
    ])
  })

  it('are null where there is nothing but nulls, and counts are 0', async () => {
    const all = {
      sum: { op: 'sum', column: 'n' },
      mean: { op: 'mean', column: 'n' },
      min: { op: 'min', column: 'n' },
      max: { op: 'max', column: 'n' },
      count: { op: 'count', column: 'n' },
    } as const
    expect(recordsIn(await complete([{ n: null }], [], all))).toEqual([
      { sum: null, mean: null, min: null, max: null, count: 0 },
    ])
  })

  it('are one row without keys, also of no rows; none with keys', async () => {
    const functions = new Functions()
    const init = functions.ref(() => 7, 'init')
    const same = functions.ref((x: unknown) => x, 'same')
    const user = { op: 'user', init, add: same, merge: same, finish: same } as const
    const of = (keys: KeySpec[]) => spec('complete', keys, { n: { op: 'count' }, user })
    for (const run of [aggregated, runFinal]) {
      expect(recordsIn(await run(of([]), functions, []))).toEqual([{ n: 0, user: 7 }])
      expect(await run(of(byColumn('k')), functions, [])).toEqual([])
    }
    expect(statesOf(of([]), functions, [])).toEqual([])
  })

  it('are pairs or scalars where asked', async () => {
    const pairs = [
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ]
    expect(
      recordsIn(await complete(pairs, byColumn('key'), { value: { op: 'sum', column: 'value' } }, 'pair')),
    ).toEqual([
      ['a', 4],
      ['b', 2],
    ])
    expect(
      recordsIn(await complete([1, 2, 3], [], { total: { op: 'sum', column: 'value' } }, 'scalar')),
    ).toEqual([6])
  })

  it('widen a column that held only nulls, and fill a column that came later', async () => {
    const records = [{ k: null }, { k: 1, n: 2 }, { k: null, n: 3 }, { k: 1 }]
    expect(
      recordsIn(
        await complete(records, byColumn('k'), {
          n: { op: 'sum', column: 'n' },
          c: { op: 'count', column: 'n' },
        }),
      ),
    ).toEqual([
      { k: null, n: 3, c: 1 },
      { k: 1, n: 2, c: 1 },
    ])
  })

  it('sum int64 exactly, beyond what a number holds', async () => {
    const big = 2n ** 62n
    const records = [{ n: big }, { n: -1n }, { n: big - 1n }, { n: 3n }, { n: -(2n ** 40n) }]
    expect(recordsIn(await complete(records, [], { n: { op: 'sum', column: 'n' } }))).toEqual([
      { n: 2n ** 63n - 2n ** 40n + 1n },
    ])
  })
})

describe('distinct', () => {
  const all = spec('complete', 'all', {})
  const distinct = async (records: readonly unknown[], sizes = [2]) =>
    recordsIn(await aggregated(all, NO_FUNCTIONS, batchesOf(records, sizes)))

  it('keeps the first of equal records in their own shape', async () => {
    expect(await distinct(['b', 'a', 'b', null, null])).toEqual(['b', 'a', null])
    expect(
      await distinct([
        [1, 'x'],
        [2, 'x'],
        [1, 'x'],
        [1, null],
      ]),
    ).toEqual([
      [1, 'x'],
      [2, 'x'],
      [1, null],
    ])
    expect(await distinct([0, -0, Number.NaN, Number.NaN])).toEqual([0, Number.NaN])
  })

  it('takes lists and objects', async () => {
    const records = [
      { a: [1, 2], b: { c: 'x' } },
      { a: [1, 2], b: { c: 'x' } },
      { a: [2, 1], b: { c: 'x' } },
    ]
    expect(await distinct(records)).toEqual([records[0], records[2]])
  })

  it('takes a missing field for null, also one that came later', async () => {
    expect(await distinct([{ a: 1 }, { a: 1, b: null }, { a: 1, b: 2 }, { a: 1 }], [1])).toEqual([
      { a: 1, b: null },
      { a: 1, b: 2 },
    ])
    const records = [{ a: 1 }, { a: 1, b: 2 }, { a: 1 }]
    const expected = [
      { a: 1, b: null },
      { a: 1, b: 2 },
    ]
    expect(await distinct(records, [1])).toEqual(expected)
    const fromRecords = await aggregated(all, new Functions(), batchesOf(records), { of: 'records' })
    expect(recordsIn(fromRecords)).toEqual(expected)
  })

  it('gives the same however rows are divided among tasks, from columns and from records', async () => {
    const records = Array.from({ length: 40 }, (_, i) =>
      i < 20 ? { a: i % 7 } : { a: i % 7, b: i % 3 === 0 ? null : i % 3 },
    )
    const expected = await distinct(records, [40])
    for (const way of ['columns', 'records'] as const) {
      const states = [records.slice(0, 15), records.slice(15)].flatMap(part =>
        statesOf(all, new Functions(), batchesOf(part, [4]), { of: way }),
      )
      expect(recordsIn(await runFinal(all, NO_FUNCTIONS, states))).toEqual(expected)
    }
  })

  it('of fixed-length records gives such records, with their key', async () => {
    const records = recordBatch(['ax1', 'by1', 'ax1', 'ax2'], [0, 2])
    const [given] = await aggregated(all, NO_FUNCTIONS, [records])
    expect(given!.schema).toEqual(records.schema)
    expect(recordsIn([given!]).map(recordText)).toEqual([
      { key: 'ax', value: 'ax1' },
      { key: 'by', value: 'by1' },
      { key: 'ax', value: 'ax2' },
    ])
  })
})

describe('an aggregation of fixed-length records', async () => {
  it('takes their key for a column', async () => {
    const records = recordBatch(['ax1', 'by1', 'ax1', 'ax2'], [0, 2])
    const one = spec('complete', byColumn('key'), {
      n: { op: 'count' },
      keys: { op: 'count', column: 'key' },
    })
    expect(recordsIn(await aggregated(one, NO_FUNCTIONS, [records]))).toEqual([
      { key: new Uint8Array(Buffer.from('ax')), n: 3, keys: 3 },
      { key: new Uint8Array(Buffer.from('by')), n: 1, keys: 1 },
    ])
    const unknown = spec('complete', byColumn('kay'), { n: { op: 'count' } })
    const error = await thrownBy(() => aggregated(unknown, NO_FUNCTIONS, [records]))
    expect(error.message).toContain('the records have key, value')
  })
})

describe('a partial aggregation over its budget', async () => {
  const partial = spec('partial', byColumn('value'), { n: { op: 'count' } })
  const words = Array.from({ length: 10_000 }, (_, i) => `word ${(i * i) % 3001}`)

  it('gives what it has at rows that depend on nothing but the rows', () => {
    const functions = new Functions()
    const budgetBytes = 50_000
    const sizes = (batches: Batch[]) => batches.map(b => b.length)
    const whole = statesOf(partial, functions, batchesOf(words, [10_000]), { budgetBytes })
    expect(whole.length).toBeGreaterThan(3)
    for (const cut of [[1000], [1024], [77, 1500]]) {
      const fromColumns = statesOf(partial, functions, batchesOf(words, cut), { budgetBytes })
      const fromRecords = statesOf(partial, functions, batchesOf(words, cut), { budgetBytes, of: 'records' })
      expect(sizes(fromColumns)).toEqual(sizes(whole))
      expect(recordsIn(fromColumns)).toEqual(recordsIn(whole))
      expect(sizes(fromRecords)).toEqual(sizes(whole))
      expect(recordsIn(fromRecords)).toEqual(recordsIn(whole))
    }
  })

  it('emits while one record is made into many', () => {
    const functions = new Functions()
    const all = functions.ref(() => words, 'all')
    const env = functions.env({ budgetBytes: 50_000 })
    const sink = partialAggregate(partial, functions, { budgetBytes: 50_000 })
    const chain = new RowChain({ steps: [{ kind: 'flatMap', fn: all }], env, sink })
    let given = 0
    for (const batch of batchesOf([1])) chain.push(batch, () => given++)
    expect(given).toBeGreaterThan(3)
  })

  it('counts the states of user aggregations, also those that grow', async () => {
    const functions = new Functions()
    const user: AggregationSpec = {
      op: 'user',
      init: functions.ref(() => []),
      add: functions.ref((list: unknown[], word: unknown) => [...list, word]),
      merge: functions.ref((a: unknown[], b: unknown[]) => [...a, ...b]),
      finish: functions.ref((list: unknown[]) => list.length),
    }
    const one = spec('partial', [], { user })
    const states = statesOf(one, functions, batchesOf(words.slice(0, 4000)), { budgetBytes: 30_000 })
    expect(states.length).toBeGreaterThan(1)
    expect(recordsIn(await runFinal(one, functions, states))).toEqual([{ user: 4000 }])
  })
})

describe('errors of aggregations', () => {
  const orders = [
    { user: 'ada', amount: 1 },
    { user: 'bob', amount: 2 },
  ]

  it('name a column that no record has, those there are, and the one that was meant', async () => {
    const error = await errorOf(orders, byColumn('user'), { total: { op: 'sum', column: 'amont' } })
    expect(error).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      message:
        'Aggregate by user: sum(amont) as total: there is no column "amont"; the records have user, amount',
      place: { operator: 'Aggregate by user: sum(amont) as total' },
    })
    expect(error.hint?.toLowerCase()).toContain('did you mean "amount"?')
    expect((await errorOf(['a'], byColumn('word'), { n: { op: 'count' } })).message).toContain(
      'the records have value',
    )
    expect((await errorOf([['a', 1]], byColumn('word'), { n: { op: 'count' } })).message).toContain(
      'the records have key, value',
    )
    expect((await errorOf([{}], byColumn('constructor'), { n: { op: 'count' } })).code).toBe('UNKNOWN_COLUMN')
  })

  it('do not complain about columns where there are no rows', async () => {
    expect(recordsIn(await complete([], [], { total: { op: 'sum', column: 'amont' } }))).toEqual([
      { total: null },
    ])
  })

  it.each([
    ['sum', { a: 'x' }, 'sum("a") takes numbers and bigints, but column "a" is utf8'],
    ['sum', { a: true }, 'sum("a") takes numbers and bigints, but column "a" is boolean'],
    ['mean', { a: new Date(0) }, 'mean("a") takes numbers and bigints, but column "a" is timestamp'],
    [
      'min',
      { a: [1] },
      'min("a") takes numbers, bigints, strings, dates and booleans, but column "a" is list',
    ],
    [
      'max',
      { a: Uint8Array.of(1) },
      'max("a") takes numbers, bigints, strings, dates and booleans, but column "a" is binary',
    ],
  ] as const)('say what %s cannot take', async (op, record, message) => {
    const error = await errorOf([record], [], { x: { op, column: 'a' } })
    expect(error.code).toBe('TYPE_MISMATCH')
    expect(error.message).toContain(message)
  })

  it.each(['sum', 'mean', 'min'] as const)('refuse two types in the column of %s', async op => {
    expect((await errorOf([{ a: 1 }, { a: 2n }], [], { x: { op, column: 'a' } })).code).toBe('TYPE_MISMATCH')
  })

  it('refuse two types in a key, and records of two shapes', async () => {
    const error = await errorOf([{ k: 1 }, { k: 'x' }], byColumn('k'), { n: { op: 'count' } })
    expect(error.message).toContain('column "k" is float64 in some records and utf8 in others')
    expect((await errorOf(['a', { value: 'a' }], byColumn('value'), { n: { op: 'count' } })).code).toBe(
      'TYPE_MISMATCH',
    )
  })

  it('are TOO_LARGE for sums beyond 64 bits', async () => {
    const error = await errorOf([{ n: 2n ** 62n }, { n: 2n ** 62n }], [], { n: { op: 'sum', column: 'n' } })
    expect(error).toMatchObject({ code: 'TOO_LARGE', message: 'sum("n") is beyond 64 bits' })
  })

  it('refuse promises from key and aggregation functions', async () => {
    const functions = new Functions()
    const key: KeySpec = { kind: 'function', fn: functions.ref(async (r: unknown) => r, 'keyOf'), as: 'key' }
    const error = await thrownBy(() =>
      aggregated(spec('complete', [key], { n: { op: 'count' } }), functions, batchesOf([1])),
    )
    expect(error).toMatchObject({ code: 'USER_FUNCTION', place: { record: '1', at: 'job.ts:1' } })
    expect(error.message).toContain('key "key" returned a promise')
  })

  it('name the part of a user aggregation that threw, and the record', async () => {
    const functions = new Functions()
    const same = functions.ref((s: unknown) => s, 'same')
    const add = functions.ref(() => {
      throw new Error('boom')
    }, 'add')
    const init = functions.ref(() => 0, 'init')
    const user: AggregationSpec = { op: 'user', init, add, merge: same, finish: same }
    const error = await thrownBy(() =>
      aggregated(spec('complete', [], { total: user }), functions, batchesOf([{ a: 1 }])),
    )
    expect(error.message).toBe('Aggregate: total: add of "total" threw on record { a: 1 }: boom')
  })

  it('name the state that no column can hold', async () => {
    const functions = new Functions()
    const same = functions.ref((s: unknown) => s, 'same')
    const user: AggregationSpec = {
      op: 'user',
      init: functions.ref(() => new Map()),
      add: same,
      merge: same,
      finish: same,
    }
    const error = await thrownBy(() =>
      statesOf(spec('partial', [], { seen: user }), functions, batchesOf([1])),
    )
    expect(error).toMatchObject({
      code: 'TYPE_MISMATCH',
      hint: expect.stringContaining('Object.fromEntries'),
    })
    expect(error.message).toContain('column "seen#state"')
  })
})
