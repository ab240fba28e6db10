/** Aggregations: types, shapes, empty input, budgets, and what is said when something does not fit. */
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { schemaText } from '../../../operators/batch/schema.ts'
import type { DunlinError } from '../../../operators/errors.ts'
import { hashRows } from '../../../operators/partition/hash.ts'
import type { AggregateSpec, AggregationSpec, KeySpec, NamedAggregation } from '../../../operators/spec.ts'
import { createChain } from '../../../operators/tree/create-chain.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChain } from '../tree/run-chain.ts'

const byColumn = (...columns: string[]): KeySpec[] =>
  columns.map(column => ({ kind: 'column', column, as: column }))
const named = (aggregations: Record<string, AggregationSpec>): NamedAggregation[] =>
  Object.entries(aggregations).map(([as, spec]) => ({ as, spec }))

function spec(
  phase: AggregateSpec['phase'],
  keys: AggregateSpec['keys'],
  aggregations: Record<string, AggregationSpec>,
  shape: AggregateSpec['shape'] = 'object',
): AggregateSpec {
  return { op: 'aggregate', input: INPUT, phase, keys, aggregations: named(aggregations), shape }
}

const NO_FUNCTIONS = new Functions()

function complete(
  records: readonly unknown[],
  keys: AggregateSpec['keys'],
  aggregations: Record<string, AggregationSpec>,
  shape?: AggregateSpec['shape'],
): Batch[] {
  return runChain([spec('complete', keys, aggregations, shape)], NO_FUNCTIONS.env(), batchesOf(records, [2]))
}

/** Both ways in must say the same. */
function errorOf(
  records: readonly unknown[],
  keys: AggregateSpec['keys'],
  aggregations: Record<string, AggregationSpec>,
): DunlinError {
  const functions = new Functions()
  const same = {
    op: 'rows',
    input: INPUT,
    steps: [{ kind: 'map', fn: functions.ref((r: unknown) => r) }],
  } as const
  const one = spec('complete', keys, aggregations)
  const fromColumns = thrownBy(() => runChain([one], functions.env(), batchesOf(records, [1])))
  const fromRecords = thrownBy(() => runChain([same, one], functions.env(), batchesOf(records, [1])))
  expect(fromRecords.code).toBe(fromColumns.code)
  expect(fromRecords.place.operator).toBe(fromColumns.place.operator)
  return fromRecords
}

function thrownBy(work: () => unknown): DunlinError {
  try {
    work()
  } catch (error) {
    return error as DunlinError
  }
  throw new Error('nothing was thrown')
}

describe('the results of an aggregation', () => {
  it('add float64 in the order of the rows', () => {
    const values = [0.1, 1e16, 0.2, -1e16, 0.3]
    const sum = values.reduce((a, b) => a + b, 0)
    expect(recordsIn(complete(values, [], { total: { op: 'sum', column: 'value' } }))).toEqual([
      { total: sum },
    ])
  })

  it('are typed by their columns', () => {
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
    const batches = runChain(
      [
        spec('complete', byColumn('k'), {
          sum: { op: 'sum', column: 'i' },
          least: { op: 'min', column: 's' },
          last: { op: 'max', column: 'd' },
          most: { op: 'max', column: 'i' },
          mean: { op: 'mean', column: 'i' },
          total: { op: 'sum', column: 's' },
          count: { op: 'count' },
        }),
      ],
      NO_FUNCTIONS.env(),
      batchesOf(records, [2], schema),
    )
    expect(schemaText(batches[0]!.schema)).toBe(
      'object { k: fixedBinary(2), sum: int64, least: int16, last: timestamp, most: int64, mean: float64, total: float64, count: int64 }',
    )
    expect(recordsIn(batches)).toEqual([
      { k: Uint8Array.of(1, 2), sum: 3, least: 3, last: new Date(5), most: 2, mean: 1.5, total: 7, count: 2 },
    ])
  })

  it('are null where there is nothing but nulls, and counts are 0', () => {
    const all = {
      sum: { op: 'sum', column: 'n' },
      mean: { op: 'mean', column: 'n' },
      min: { op: 'min', column: 'n' },
      max: { op: 'max', column: 'n' },
      count: { op: 'count', column: 'n' },
    } as const
    expect(recordsIn(complete([{ n: null }], [], all))).toEqual([
      { sum: null, mean: null, min: null, max: null, count: 0 },
    ])
  })

  it('are one row without keys, also of no rows; none with keys', () => {
    const functions = new Functions()
    const init = functions.ref(() => 7, 'init')
    const same = functions.ref((x: unknown) => x, 'same')
    const user = { op: 'user', init, add: same, merge: same, finish: same } as const
    const run = (phase: AggregateSpec['phase'], keys: KeySpec[], batches: Batch[] = []) =>
      recordsIn(runChain([spec(phase, keys, { n: { op: 'count' }, user })], functions.env(), batches))
    for (const phase of ['final', 'complete'] as const) {
      expect(run(phase, [])).toEqual([{ n: 0, user: 7 }])
      expect(run(phase, byColumn('k'))).toEqual([])
    }
    expect(run('partial', [])).toEqual([])
  })

  it('are pairs or scalars where asked', () => {
    const pairs = [
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ]
    expect(
      recordsIn(complete(pairs, byColumn('key'), { value: { op: 'sum', column: 'value' } }, 'pair')),
    ).toEqual([
      ['a', 4],
      ['b', 2],
    ])
    expect(recordsIn(complete([1, 2, 3], [], { total: { op: 'sum', column: 'value' } }, 'scalar'))).toEqual([
      6,
    ])
  })

  it('widen a column that held only nulls, and fill a column that came later', () => {
    const records = [{ k: null }, { k: 1, n: 2 }, { k: null, n: 3 }, { k: 1 }]
    expect(
      recordsIn(
        complete(records, byColumn('k'), { n: { op: 'sum', column: 'n' }, c: { op: 'count', column: 'n' } }),
      ),
    ).toEqual([
      { k: null, n: 3, c: 1 },
      { k: 1, n: 2, c: 1 },
    ])
  })

  it('sum int64 exactly, beyond what a number holds', () => {
    const big = 2n ** 62n
    const records = [{ n: big }, { n: -1n }, { n: big - 1n }, { n: 3n }, { n: -(2n ** 40n) }]
    expect(recordsIn(complete(records, [], { n: { op: 'sum', column: 'n' } }))).toEqual([
      { n: 2n ** 63n - 2n ** 40n + 1n },
    ])
  })
})

describe('distinct', () => {
  const distinct = (records: readonly unknown[], sizes = [2]) =>
    recordsIn(runChain([spec('complete', 'all', {})], NO_FUNCTIONS.env(), batchesOf(records, sizes)))

  it('keeps the first of equal records in their own shape', () => {
    expect(distinct(['b', 'a', 'b', null, null])).toEqual(['b', 'a', null])
    expect(
      distinct([
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
    expect(distinct([0, -0, Number.NaN, Number.NaN])).toEqual([0, Number.NaN])
  })

  it('takes lists and objects', () => {
    const records = [
      { a: [1, 2], b: { c: 'x' } },
      { a: [1, 2], b: { c: 'x' } },
      { a: [2, 1], b: { c: 'x' } },
    ]
    expect(distinct(records)).toEqual([records[0], records[2]])
  })

  it('takes a missing field for null, also one that came later', () => {
    expect(distinct([{ a: 1 }, { a: 1, b: null }, { a: 1, b: 2 }, { a: 1 }], [1])).toEqual([
      { a: 1, b: null },
      { a: 1, b: 2 },
    ])
    const functions = new Functions()
    const same = {
      op: 'rows',
      input: INPUT,
      steps: [{ kind: 'map', fn: functions.ref((r: unknown) => r) }],
    } as const
    const records = [{ a: 1 }, { a: 1, b: 2 }, { a: 1 }]
    const expected = [
      { a: 1, b: null },
      { a: 1, b: 2 },
    ]
    expect(distinct(records, [1])).toEqual(expected)
    expect(
      recordsIn(runChain([same, spec('complete', 'all', {})], functions.env(), batchesOf(records))),
    ).toEqual(expected)
  })

  it('merges runs of more groups than it holds at once, in the order of their hashes', () => {
    const chain = createChain([spec('complete', 'all', {})], NO_FUNCTIONS.env())
    const parts = [
      Array.from({ length: 90_000 }, (_, i) => ({ a: i })),
      Array.from({ length: 90_000 }, (_, i) => ({ b: i % 2 === 0 ? null : 'x', a: i })),
      Array.from({ length: 60_000 }, (_, i) => ({ a: i })),
    ]
    const runs = parts.map(part => {
      const run: Batch[] = []
      for (const batch of batchesOf(part, [50_000])) chain.push(batch, () => {})
      chain.drain!(one => run.push(one))
      return run
    })
    const merger = chain.merge!(runs.length)
    const given: Batch[] = []
    for (let run = merger.step(b => given.push(b)); run >= 0; run = merger.step(b => given.push(b)))
      merger.feed(run, runs[run]!.shift() ?? null)
    expect(given.length).toBeGreaterThan(1)
    const seen = new Set(
      (recordsIn(given) as { a: number; b: string | null }[]).map(({ a, b }) => `${a} ${b}`),
    )
    expect(seen.size).toBe(135_000)
    expect(given.reduce((rows, batch) => rows + batch.length, 0)).toBe(135_000)
    const hashes = given.flatMap(batch => {
      const out = new Uint32Array(batch.length)
      hashRows(batch, 'all', out)
      return [...out]
    })
    expect(hashes.every((hash, i) => i === 0 || hash >= hashes[i - 1]!)).toBe(true)
  })

  it('gives the same in two phases, from records, and when drained before a field came', () => {
    const functions = new Functions()
    const records = Array.from({ length: 40 }, (_, i) =>
      i < 20 ? { a: i % 7 } : { a: i % 7, b: i % 3 === 0 ? null : i % 3 },
    )
    const expected = distinct(records, [40])
    const same = {
      op: 'rows',
      input: INPUT,
      steps: [{ kind: 'map', fn: functions.ref((r: unknown) => r) }],
    } as const
    const states = [records.slice(0, 15), records.slice(15)].flatMap(part =>
      runChain([same, spec('partial', 'all', {})], functions.env(), batchesOf(part, [4])),
    )
    expect(recordsIn(runChain([spec('final', 'all', {})], functions.env(), states))).toEqual(expected)

    const chain = createChain([spec('complete', 'all', {})], functions.env())
    const runs = [records.slice(0, 15), records.slice(15, 30), records.slice(30)].map(part => {
      const run: Batch[] = []
      for (const batch of batchesOf(part, [4])) chain.push(batch, () => {})
      chain.drain!(one => run.push(one))
      return run
    })
    const merger = chain.merge!(runs.length)
    const given: Batch[] = []
    for (let run = merger.step(b => given.push(b)); run >= 0; run = merger.step(b => given.push(b)))
      merger.feed(run, runs[run]!.shift() ?? null)
    const text = (records: unknown[]) => records.map(r => JSON.stringify(r)).sort()
    expect(text(recordsIn(given))).toEqual(text(expected))
  })
})

describe('a partial aggregation over its budget', () => {
  const partial = spec('partial', byColumn('value'), { n: { op: 'count' } })
  const words = Array.from({ length: 10_000 }, (_, i) => `word ${(i * i) % 3001}`)

  it('gives what it has at rows that depend on nothing but the rows', () => {
    const functions = new Functions()
    const env = functions.env({ budgetBytes: 50_000 })
    const same = {
      op: 'rows',
      input: INPUT,
      steps: [{ kind: 'map', fn: functions.ref((r: unknown) => r) }],
    } as const
    const sizes = (batches: Batch[]) => batches.map(b => b.length)
    const whole = runChain([partial], env, batchesOf(words, [10_000]))
    expect(whole.length).toBeGreaterThan(3)
    for (const cut of [[1000], [1024], [77, 1500]]) {
      const fromColumns = runChain([partial], env, batchesOf(words, cut))
      const fromRecords = runChain([same, partial], env, batchesOf(words, cut))
      expect(sizes(fromColumns)).toEqual(sizes(whole))
      expect(recordsIn(fromColumns)).toEqual(recordsIn(whole))
      expect(sizes(fromRecords)).toEqual(sizes(whole))
      expect(recordsIn(fromRecords)).toEqual(recordsIn(whole))
    }
  })

  it('emits while one record is made into many', () => {
    const functions = new Functions()
    const all = functions.ref(() => words, 'all')
    const rows = { op: 'rows', input: INPUT, steps: [{ kind: 'flatMap', fn: all }] } as const
    const chain = createChain([rows, partial], functions.env({ budgetBytes: 50_000 }))
    let given = 0
    for (const batch of batchesOf([1])) chain.push(batch, () => given++)
    expect(given).toBeGreaterThan(3)
  })

  it('counts the states of user aggregations, also those that grow', () => {
    const functions = new Functions()
    const user: AggregationSpec = {
      op: 'user',
      init: functions.ref(() => []),
      add: functions.ref((list: unknown[], word: unknown) => [...list, word]),
      merge: functions.ref((a: unknown[], b: unknown[]) => [...a, ...b]),
      finish: functions.ref((list: unknown[]) => list.length),
    }
    const env = functions.env({ budgetBytes: 30_000 })
    const states = runChain([spec('partial', [], { user })], env, batchesOf(words.slice(0, 4000)))
    expect(states.length).toBeGreaterThan(1)
    const final = runChain([spec('final', [], { user })], env, states)
    expect(recordsIn(final)).toEqual([{ user: 4000 }])
  })
})

describe('errors of aggregations', () => {
  const orders = [
    { user: 'ada', amount: 1 },
    { user: 'bob', amount: 2 },
  ]

  it('name a column that no record has, those there are, and the one that was meant', () => {
    const error = errorOf(orders, byColumn('user'), { total: { op: 'sum', column: 'amont' } })
    expect(error).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      message:
        'Aggregate by user: sum(amont) as total: there is no column "amont"; the records have user, amount',
      place: { operator: 'Aggregate by user: sum(amont) as total' },
    })
    expect(error.hint?.toLowerCase()).toContain('did you mean "amount"?')
    expect(errorOf(['a'], byColumn('word'), { n: { op: 'count' } }).message).toContain(
      'the records have value',
    )
    expect(errorOf([['a', 1]], byColumn('word'), { n: { op: 'count' } }).message).toContain(
      'the records have key, value',
    )
    expect(errorOf([{}], byColumn('constructor'), { n: { op: 'count' } }).code).toBe('UNKNOWN_COLUMN')
  })

  it('do not complain about columns where there are no rows', () => {
    expect(recordsIn(complete([], [], { total: { op: 'sum', column: 'amont' } }))).toEqual([{ total: null }])
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
  ] as const)('say what %s cannot take', (op, record, message) => {
    const error = errorOf([record], [], { x: { op, column: 'a' } })
    expect(error.code).toBe('TYPE_MISMATCH')
    expect(error.message).toContain(message)
  })

  it.each(['sum', 'mean', 'min'] as const)('refuse two types in the column of %s', op => {
    expect(errorOf([{ a: 1 }, { a: 2n }], [], { x: { op, column: 'a' } }).code).toBe('TYPE_MISMATCH')
  })

  it('refuse two types in a key, and records of two shapes', () => {
    const error = errorOf([{ k: 1 }, { k: 'x' }], byColumn('k'), { n: { op: 'count' } })
    expect(error.message).toContain('column "k" is float64 in some records and utf8 in others')
    expect(errorOf(['a', { value: 'a' }], byColumn('value'), { n: { op: 'count' } }).code).toBe(
      'TYPE_MISMATCH',
    )
  })

  it('are TOO_LARGE for sums beyond 64 bits', () => {
    const error = errorOf([{ n: 2n ** 62n }, { n: 2n ** 62n }], [], { n: { op: 'sum', column: 'n' } })
    expect(error).toMatchObject({ code: 'TOO_LARGE', message: 'sum("n") is beyond 64 bits' })
  })

  it('refuse promises from key and aggregation functions', () => {
    const functions = new Functions()
    const key: KeySpec = { kind: 'function', fn: functions.ref(async (r: unknown) => r, 'keyOf'), as: 'key' }
    const error = thrownBy(() =>
      runChain([spec('complete', [key], { n: { op: 'count' } })], functions.env(), batchesOf([1])),
    )
    expect(error).toMatchObject({ code: 'USER_FUNCTION', place: { record: '1', at: 'job.ts:1' } })
    expect(error.message).toContain('key "key" returned a promise')
  })

  it('name the part of a user aggregation that threw, and the record', () => {
    const functions = new Functions()
    const same = functions.ref((s: unknown) => s, 'same')
    const add = functions.ref(() => {
      throw new Error('boom')
    }, 'add')
    const init = functions.ref(() => 0, 'init')
    const user: AggregationSpec = { op: 'user', init, add, merge: same, finish: same }
    const error = thrownBy(() =>
      runChain([spec('complete', [], { total: user })], functions.env(), batchesOf([{ a: 1 }])),
    )
    expect(error.message).toBe('Aggregate: total: add of "total" threw on record { a: 1 }: boom')
  })

  it('name the state that no column can hold', () => {
    const functions = new Functions()
    const same = functions.ref((s: unknown) => s, 'same')
    const user: AggregationSpec = {
      op: 'user',
      init: functions.ref(() => new Map()),
      add: same,
      merge: same,
      finish: same,
    }
    const error = thrownBy(() =>
      runChain([spec('partial', [], { seen: user })], functions.env(), batchesOf([1])),
    )
    expect(error).toMatchObject({
      code: 'TYPE_MISMATCH',
      hint: expect.stringContaining('Object.fromEntries'),
    })
    expect(error.message).toContain('column "seen#state"')
  })
})
