/** What a join gives: columns, names, types, order, and what it refuses. */
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { ColumnType, Schema } from '../../../operators/batch/column-type.ts'
import { batchOf } from '../batch/batch-of.ts'
import { runJoin, type Spec, specOf } from './run-join.ts'

const people = [
  { id: 1, name: 'Ada' },
  { id: 2, name: 'Bob' },
  { id: 4, name: 'Dan' },
]
const orders = [
  { id: 2, item: 'tea' },
  { id: 3, item: 'ink' },
  { id: 1, item: 'pen' },
  { id: 2, item: 'cup' },
]

const join = async (spec: Spec, left: readonly unknown[], right: readonly unknown[], budget?: number) =>
  runJoin(
    spec,
    [left.length === 0 ? [] : [batchOf(left)], right.length === 0 ? [] : [batchOf(right)]],
    budget,
  )

describe('the rows of a join', () => {
  test('inner: in the order of the streamed side, each with its matches in the order of the built one', async () => {
    const { records, schema } = await join(specOf('inner', 'id'), people, orders)
    expect(records).toEqual([
      { id: 1, name: 'Ada', item: 'pen' },
      { id: 2, name: 'Bob', item: 'tea' },
      { id: 2, name: 'Bob', item: 'cup' },
    ])
    expect(schema).toBe('object { id: float64, name: utf8, item: utf8 }')
  })

  test('with the left built the right streams', async () => {
    const { records } = await join(specOf('inner', 'id', { build: 'left' }), people, orders)
    expect(records).toEqual([
      { id: 2, name: 'Bob', item: 'tea' },
      { id: 1, name: 'Ada', item: 'pen' },
      { id: 2, name: 'Bob', item: 'cup' },
    ])
  })

  test('full: streamed rows without a match stand in their place, built ones at the end, with their keys', async () => {
    const rows = [
      { id: 1, name: 'Ada', item: 'pen' },
      { id: 2, name: 'Bob', item: 'tea' },
      { id: 2, name: 'Bob', item: 'cup' },
      { id: 4, name: 'Dan', item: null },
      { id: 3, name: null, item: 'ink' },
    ]
    expect((await join(specOf('full', 'id'), people, orders)).records).toEqual(rows)
    expect((await join(specOf('left', 'id'), people, orders)).records).toEqual(rows.slice(0, 4))
    expect((await join(specOf('right', 'id', { build: 'left' }), people, orders)).records).toEqual([
      rows[1],
      rows[4],
      rows[0],
      rows[2],
    ])
  })

  test('semi and anti: rows of the left in their own shape', async () => {
    expect((await join(specOf('semi', 'id'), people, orders)).records).toEqual(people.slice(0, 2))
    expect((await join(specOf('anti', 'id'), people, orders)).records).toEqual(people.slice(2))
    const pairs = [
      ['a', 1],
      ['b', 2],
    ]
    const on = [{ left: 'key', right: 'value' }]
    const semi = await join(specOf('semi', on), pairs, ['b', 'b', 'c'])
    expect(semi.records).toEqual([['b', 2]])
    expect(semi.schema).toBe('pair (utf8, float64)')
    expect((await join(specOf('anti', 'value'), ['a', 'b'], ['b'])).records).toEqual(['a'])
  })

  test('cross: every pair', async () => {
    const { records } = await join(specOf('cross', []), [1, 2], [{ a: 'x' }, { a: 'y' }])
    expect(records).toEqual([
      { value: 1, a: 'x' },
      { value: 1, a: 'y' },
      { value: 2, a: 'x' },
      { value: 2, a: 'y' },
    ])
  })

  test('null equals nothing, unless it is to', async () => {
    const left = [
      { k: null, a: 1 },
      { k: 'x', a: 2 },
    ]
    const right = [
      { k: null, b: 1 },
      { k: 'x', b: 2 },
    ]
    expect((await join(specOf('inner', 'k'), left, right)).records).toEqual([{ k: 'x', a: 2, b: 2 }])
    expect((await join(specOf('inner', 'k', { nullsEqual: true }), left, right)).records).toEqual([
      { k: null, a: 1, b: 1 },
      { k: 'x', a: 2, b: 2 },
    ])
    expect((await join(specOf('full', 'k'), left, right)).records).toEqual([
      { k: null, a: 1, b: null },
      { k: 'x', a: 2, b: 2 },
      { k: null, a: null, b: 1 },
    ])
  })

  test('NaN equals NaN and -0 equals 0; the key is the left row’s where there is one', async () => {
    const left = [{ k: Number.NaN }, { k: -0 }]
    const right = [
      { k: 0, b: 1 },
      { k: Number.NaN, b: 2 },
      { k: -0, b: 3 },
    ]
    const matched = [
      { k: Number.NaN, b: 2 },
      { k: -0, b: 1 },
      { k: -0, b: 3 },
    ]
    expect((await join(specOf('full', 'k'), left, right)).records).toEqual(matched)
    expect((await join(specOf('full', 'k', { build: 'left' }), left, right)).records).toEqual([
      matched[1],
      matched[0],
      matched[2],
    ])
  })
})

describe('the columns of a join', () => {
  test('keys of other names stand once, under the left’s name', async () => {
    const on = [{ left: 'id', right: 'person' }]
    const right = [{ person: 7, item: 'ink' }]
    const { records, schema } = await join(specOf('right', on), people, right)
    expect(records).toEqual([{ id: 7, name: null, item: 'ink' }])
    expect(schema).toBe('object { id: float64, name: utf8, item: utf8 }')
  })

  test('scalars and pairs become columns of their names', async () => {
    const scalars = await join(specOf('inner', 'value'), ['a', 'b'], ['b', 'b'])
    expect(scalars.records).toEqual([{ value: 'b' }, { value: 'b' }])
    const pairs = await join(specOf('inner', 'key', { suffix: '2' }), [['a', 1]], [['a', true]])
    expect(pairs.records).toEqual([{ key: 'a', value: 1, value2: true }])
  })

  test('of fixed-length records there is the value, and the key where it is joined on', async () => {
    const record = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
    const schema: Schema = {
      shape: 'record',
      key: [1, 2],
      fields: [{ name: 'value', type: { kind: 'fixedBinary', byteLength: 4 } }],
    }
    const fixed: Batch = {
      schema,
      length: 2,
      columns: [
        {
          type: { kind: 'fixedBinary', byteLength: 4 },
          length: 2,
          nullCount: 0,
          validity: null,
          bytes: record('1ab22cd3'),
        },
      ],
    }
    const other = batchOf([
      { key: record('cd'), n: 5 },
      { key: record('zz'), n: 6 },
    ])
    const inner = await runJoin(specOf('inner', 'key'), [[fixed], [other]])
    expect(inner.records).toEqual([{ key: record('cd'), value: record('2cd3'), n: 5 }])
    const right = await runJoin(specOf('right', 'key', { suffix: '_r' }), [[other], [fixed]])
    expect(right.records.at(-1)).toEqual({ key: record('ab'), n: null, value: record('1ab2') })
    const on = [{ left: 'n', right: 'n' }]
    const numbers = batchOf([{ n: 5, key: 1 }])
    const plain = await runJoin(specOf('cross', on), [[fixed], [numbers]])
    expect(plain.schema).toBe('object { value: fixedBinary(4), n: float64, key: float64 }')
    const semi = await runJoin(specOf('semi', 'key'), [[fixed], [other]], 1)
    expect(semi.batches[0]?.schema).toEqual(schema)
    expect(semi.batches[0]?.length).toBe(1)
  })

  test('int64 read as number meets float64, and both keys become float64 where both are kept', async () => {
    const typed = (type: ColumnType, name: string): Schema => ({ shape: 'object', fields: [{ name, type }] })
    const int64 = batchOf([{ a: 3 }, { a: 2 ** 53 - 1 }], typed({ kind: 'int64', as: 'number' }, 'a'))
    const int8 = batchOf([{ b: 3 }], typed({ kind: 'number', width: 'int8' }, 'b'))
    const float = batchOf([{ b: 3 }, { b: 2 ** 53 - 1 }, { b: 2.5 }])
    const on = [{ left: 'a', right: 'b' }]
    const inner = await runJoin(specOf('inner', on), [[int64], [float]])
    expect(inner.schema).toBe('object { a: int64 }')
    expect(inner.batches[0]?.length).toBe(2)
    const full = await runJoin(specOf('full', on), [[int64], [int8]], 1)
    expect(full.schema).toBe('object { a: float64 }')
    const safe = await runJoin(specOf('right', on), [
      [batchOf([{ a: 3 }], typed({ kind: 'int64', as: 'number' }, 'a'))],
      [float],
    ])
    expect(safe.records).toEqual([{ a: 3 }, { a: 2 ** 53 - 1 }, { a: 2.5 }])
  })

  test('where a side had no rows its columns are unknown, but for keys that the other side has', async () => {
    expect(await join(specOf('left', 'id'), people, [])).toMatchObject({ records: people })
    expect(await join(specOf('right', 'id'), [], orders)).toMatchObject({ records: orders })
    expect(await join(specOf('right', 'id', { build: 'left' }), [], orders)).toMatchObject({
      records: orders,
    })
    const on = [{ left: 'person', right: 'id' }]
    expect((await join(specOf('full', on), [], orders.slice(0, 1))).records).toEqual([
      { person: 2, item: 'tea' },
    ])
    expect((await join(specOf('anti', 'id'), people, [])).records).toEqual(people)
    for (const how of ['inner', 'semi', 'cross'] as const) {
      expect((await join(specOf(how, 'id'), people, [])).batches).toEqual([])
    }
    expect((await join(specOf('full', 'id'), [], [])).batches).toEqual([])
  })

  test('a column that comes late is null before', async () => {
    const left = [batchOf([{ id: 1 }]), batchOf([{ id: 2, late: true }])]
    const right = [batchOf([{ id: 1, x: 'a' }]), batchOf([{ id: 2, x: 'b', later: 5 }])]
    const results = []
    for (const budget of [1, Number.POSITIVE_INFINITY]) {
      const { records, schema } = await runJoin(specOf('inner', 'id'), [left, right], budget)
      results.push({ records, schema })
    }
    expect(results[0]).toEqual(results[1])
    expect(results[0]?.records).toEqual([
      { id: 1, late: null, x: 'a', later: null },
      { id: 2, late: true, x: 'b', later: 5 },
    ])
  })

  test('what results have does not depend on which rows match', async () => {
    const left = [batchOf([{ id: 1 }]), batchOf([{ id: 5, late: true }])]
    const right = [batchOf([{ id: 1, x: 'a' }])]
    for (const how of ['inner', 'semi', 'right'] as const) {
      for (const budget of [1, Number.POSITIVE_INFINITY]) {
        const { records } = await runJoin(specOf(how, 'id'), [left, right], budget)
        expect(records).toEqual([{ id: 1, late: null, ...(how === 'semi' ? {} : { x: 'a' }) }])
      }
    }
  })

  test('a name of both sides takes the suffix', async () => {
    const right = [{ id: 1, name: 'x', name_r: 'y' }]
    const { schema } = await join(specOf('inner', 'id', { suffix: '_2' }), people, right)
    expect(schema).toBe('object { id: float64, name: utf8, name_2: utf8, name_r: utf8 }')
  })
})
