/** What a join refuses, and how it says so. */
import { describe, expect, test } from 'vitest'
import { DunlinError } from '../../../operators/errors.ts'
import type { JoinHow } from '../../../operators/spec.ts'
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

async function failure(promise: Promise<unknown>): Promise<DunlinError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DunlinError)
  return error as DunlinError
}

describe('a join refuses', () => {
  const hows: JoinHow[] = ['inner', 'full', 'cross']

  test.each(hows)('%s: names that would stand twice', async how => {
    const error = await failure(join(specOf(how, 'id'), people, [{ id: 1, name: 'x' }]))
    expect(error).toMatchObject({ code: 'NAME_CLASH', place: { operator: 'Join test' } })
    expect(error.message).toMatch(how === 'cross' ? '"id"' : '"name"')
    expect(error.hint).toContain('suffix')
  })

  test('a suffix that leads to a name that is there already', async () => {
    const right = [{ id: 1, name: 'x', name_r: 'y' }]
    const error = await failure(join(specOf('inner', 'id', { suffix: '_r' }), people, right))
    expect(error.message).toBe(
      'Join test: the right\'s column "name" would be "name_r", as another column is',
    )
  })

  test('a name of the left that comes when results have given it to the right, for any budget', async () => {
    const left = [batchOf([{ id: 1 }]), batchOf([{ id: 2, x: 1 }])]
    const right = [
      batchOf([
        { id: 1, x: 'a' },
        { id: 2, x: 'b' },
      ]),
    ]
    for (const budget of [1, Number.POSITIVE_INFINITY]) {
      const error = await failure(runJoin(specOf('inner', 'id', { suffix: '_r' }), [left, right], budget))
      expect(error).toMatchObject({ code: 'NAME_CLASH', hint: 'Declare a schema for the left side.' })
    }
  })

  test('a key that no row of a side has, with the nearest name', async () => {
    const on = [{ left: 'id', right: 'idd' }]
    const right = await failure(join(specOf('left', on), people, orders))
    expect(right).toMatchObject({ code: 'UNKNOWN_COLUMN', hint: 'Did you mean "id"?' })
    expect(right.message).toBe('Join test: the right side has no column "idd"; its records have id, item')
    const left = await failure(join(specOf('semi', [{ left: 'nam', right: 'item' }]), people, orders))
    expect(left.message).toBe('Join test: the left side has no column "nam"; its records have id, name')
    const semi = await failure(join(specOf('semi', [{ left: 'name', right: 'itm' }]), people, orders))
    expect(semi).toMatchObject({ code: 'UNKNOWN_COLUMN', hint: 'Did you mean "item"?' })
  })

  test.each<[string, unknown, unknown]>([
    ['utf8 and float64', 'x', 1],
    ['int64 as bigint and float64', 1n, 1],
    ['boolean and float64', true, 1],
    ['timestamp and float64', new Date(0), 1],
    ['utf8 and binary', 'x', new Uint8Array(1)],
    ['list<utf8> and list<float64>', ['x'], [1]],
    ['struct<a: utf8> and struct<a: float64>', { a: 'x' }, { a: 1 }],
  ])('keys of two kinds: %s', async (types, left, right) => {
    const [a, b] = types.split(' and ')
    for (const how of ['inner', 'semi'] as const) {
      const error = await failure(
        join(specOf(how, [{ left: 'l', right: 'r' }]), [{ l: left }], [{ r: right }]),
      )
      expect(error).toMatchObject({ code: 'TYPE_MISMATCH', place: { operator: 'Join test' } })
      expect(error.message).toBe(
        `Join test: the left's "l" is ${a} and the right's "r" is ${b}, which are never equal`,
      )
    }
    const all = specOf('semi', 'all' as never, { nullsEqual: true })
    const error = await failure(join({ ...all, on: 'all' }, [{ l: left }], [{ l: right }]))
    expect(error.code).toBe('TYPE_MISMATCH')
  })

  test('no key column of nothing but nulls', async () => {
    const { records } = await join(specOf('full', 'k'), [{ k: null }], [{ k: 'x' }])
    expect(records).toEqual([{ k: null }, { k: 'x' }])
  })
})

describe('a set verb', () => {
  const set = (how: 'semi' | 'anti') => ({ ...specOf(how, [], { nullsEqual: true }), on: 'all' }) as const

  test.each<[string, unknown[], unknown[], string]>([
    ['an object and a scalar', [{ a: 1 }], [1], 'object { a: float64 } on the left and scalar float64'],
    ['a scalar and an object', ['x'], [{ value: 'x' }], 'scalar utf8 on the left and object { value: utf8 }'],
    [
      'a pair and an object',
      [['a', 1]],
      [{ key: 'a', value: 1 }],
      'pair (utf8, float64) on the left and object',
    ],
  ])('refuses sides of two shapes: %s', async (_, left, right, message) => {
    for (const how of ['semi', 'anti'] as const) {
      const error = await failure(join(set(how), left, right))
      expect(error).toMatchObject({ code: 'TYPE_MISMATCH', place: { operator: 'Join test' } })
      expect(error.message).toContain(`Join test: the sides have two shapes: ${message}`)
    }
  })

  test('refuses sides without a column in common, when all batches are known', async () => {
    for (const how of ['semi', 'anti'] as const) {
      const error = await failure(join(set(how), [{ a: 1 }], [{ b: 1, c: 'x' }]))
      expect(error).toMatchObject({ code: 'TYPE_MISMATCH', place: { operator: 'Join test' } })
      expect(error.message).toBe(
        'Join test: the sides have no column in common: object { a: float64 } on the left and object { b: float64, c: utf8 } on the right',
      )
      expect(error.hint).toContain('select')
      const late = [batchOf([{ a: 1 }]), batchOf([{ b: 1 }])]
      const { records } = await runJoin(set(how), [late, [batchOf([{ b: 1 }])]])
      expect(records).toEqual(how === 'semi' ? [{ a: null, b: 1 }] : [{ a: 1, b: null }])
    }
  })

  test('takes a column that one side lacks as null, and a side without rows or columns', async () => {
    const lacking = await join(
      set('semi'),
      [{ a: 1 }, { a: 2 }],
      [
        { a: 1, b: null },
        { a: 2, b: 3 },
      ],
    )
    expect(lacking.records).toEqual([{ a: 1 }])
    expect((await join(set('anti'), [{ a: 1 }], [])).records).toEqual([{ a: 1 }])
    expect((await join(set('semi'), [], [1])).records).toEqual([])
    expect((await join(set('anti'), [{ a: null }, { a: 1 }], [{}])).records).toEqual([{ a: 1 }])
  })
})
