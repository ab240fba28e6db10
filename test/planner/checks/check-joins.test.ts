import { describe, expect, test } from 'vitest'
import type { Schema } from '../../../operators/index.ts'
import {
  aggregateNode,
  type JoinNode,
  joinNode,
  type LogicalNode,
  mapNode,
  type ScanNode,
  selectNode,
  setNode,
} from '../../../planner/index.ts'
import { type Job, write } from '../job.ts'
import { refusal } from './refusal.ts'

function objects(...names: string[]): Schema {
  return { shape: 'object', fields: names.map(name => ({ name, type: { kind: 'utf8' } })) }
}

const orders = (job: Job) => job.jsonl('orders', 1, objects('customer', 'amount', 'at'))
const customers = (job: Job) => job.jsonl('customers', 1, objects('id', 'country', 'at'))

function joined(left: LogicalNode, right: LogicalNode, more: Partial<JoinNode> = {}): JoinNode {
  return joinNode(
    {
      left,
      right,
      how: 'inner',
      on: [{ left: 'customer', right: 'id' }],
      strategy: 'auto',
      divideSkew: 'auto',
      ...more,
    },
    'job.ts:3',
  )
}
const ordersJoin = (job: Job, more?: Partial<JoinNode>) => joined(orders(job), customers(job), more)

describe('what a join is asked', () => {
  const pair = (left: string, right: string) => ({ left, right })
  test.each<[string, string, Partial<JoinNode>]>([
    [
      'on nothing',
      "join: no column is named in `on` | For every pair of records say how: 'cross'.",
      { on: [] },
    ],
    [
      'a cross join on a column',
      'join: a cross join takes no columns to join on | It gives every pair of records.',
      { how: 'cross' },
    ],
    [
      'a column of the left twice',
      'join: `on` names the column "customer" of the left twice',
      { on: [pair('customer', 'id'), pair('customer', 'country')] },
    ],
    [
      'a column of the right twice',
      'join: `on` names the column "id" of the right twice',
      { on: [pair('customer', 'id'), pair('at', 'id')] },
    ],
    [
      'a suffix where nothing of the right is kept',
      'join: a semi join takes no suffix | It gives records of the left as they are.',
      { how: 'semi', suffix: '_r' },
    ],
    ['an empty suffix', 'join: suffix must be some text', { suffix: '' }],
    [
      'less than no bytes',
      'join: broadcastBytes must be a whole number from 0, not -1',
      { broadcastBytes: -1 },
    ],
    [
      'a full join by broadcast',
      'join: a full join cannot be done by broadcast | Every task would give the unmatched records of the side that all of them read. Leave `strategy` out.',
      { how: 'full', strategy: 'broadcast', suffix: '_r' },
    ],
    [
      'a cross join by exchange',
      'join: a cross join cannot be done by an exchange | Every record meets every other, so one side goes to all tasks. Leave `strategy` out.',
      { how: 'cross', on: [], strategy: 'exchange' },
    ],
    [
      'a full join divided',
      'join: the keys of a full join cannot be divided | The unmatched records of both sides are part of the result. Leave `divideSkew` out.',
      { how: 'full', divideSkew: true, suffix: '_r' },
    ],
    [
      'a cross join divided',
      'join: a cross join has no keys to divide | Leave `divideSkew` out.',
      { how: 'cross', on: [], divideSkew: true },
    ],
  ])('%s', (_, expected, more) => {
    expect(refusal(job => ordersJoin(job, more))).toBe(`INVALID_PLAN | ${expected} | job.ts:3`)
  })
})

describe('the columns of both sides', () => {
  test('a key that the left has not', () => {
    expect(refusal(job => ordersJoin(job, { on: [{ left: 'id', right: 'id' }] }))).toBe(
      'UNKNOWN_COLUMN | join: the left has no column "id" | The left has: customer, amount, at. | job.ts:3',
    )
  })

  test('a key that the right has not', () => {
    expect(refusal(job => ordersJoin(job, { on: [{ left: 'customer', right: 'name' }] }))).toBe(
      'UNKNOWN_COLUMN | join: the right has no column "name" | The right has: id, country, at. | job.ts:3',
    )
  })

  test('a key of the one side that is known, beside another of which nothing is', () => {
    const on = [{ left: 'customer', right: 'name' }]
    expect(refusal(job => joined(job.jsonl('any'), customers(job), { on }))).toContain('the right has no')
    expect(refusal(job => joined(orders(job), job.jsonl('any'), { on }))).toBe('planned')
  })

  test('a name that both have', () => {
    expect(refusal(job => ordersJoin(job))).toBe(
      'NAME_CLASH | join: both sides have a column "at" that is not a key | ' +
        "Say what to append to the right's name, as { suffix: '_right' }, or select other columns first. | job.ts:3",
    )
  })

  test("a name of the right that the left's key has", () => {
    const right = (job: Job) => job.jsonl('customers', 1, objects('id', 'customer'))
    expect(refusal(job => joined(orders(job), right(job)))).toContain('both sides have a column "customer"')
  })

  test('a suffix that makes a name which the left has', () => {
    const left = (job: Job) => job.jsonl('orders', 1, objects('customer', 'at', 'at_r'))
    expect(refusal(job => joined(left(job), customers(job), { suffix: '_r' }))).toBe(
      'NAME_CLASH | join: with the suffix "_r" two columns of the result would be called "at_r" | ' +
        'Choose a suffix that makes names which neither side has. | job.ts:3',
    )
  })

  test('a suffix that makes a name which the right has', () => {
    const right = (job: Job) => job.jsonl('customers', 1, objects('id', 'at', 'at_r'))
    expect(refusal(job => joined(orders(job), right(job), { suffix: '_r' }))).toContain('called "at_r"')
  })

  test.each<[string, (job: Job) => LogicalNode]>([
    ['a suffix', job => ordersJoin(job, { suffix: '_r' })],
    ['semi, which keeps the left alone', job => ordersJoin(job, { how: 'semi' })],
    ['anti, which keeps the left alone', job => ordersJoin(job, { how: 'anti' })],
    ['a side that may have anything', job => joined(mapNode(orders(job), job.fn('f')), customers(job))],
    [
      "a key that the other side's key has the name of",
      job =>
        joined(orders(job), selectNode(customers(job), [{ from: 'id', as: 'customer' }]), {
          on: [{ left: 'customer', right: 'customer' }],
        }),
    ],
  ])('planned: %s', (_, make) => expect(refusal(make)).toBe('planned'))
})

describe('the columns of the result', () => {
  test.each<[Partial<JoinNode>, string]>([
    [{ suffix: '_r' }, 'customer, amount, at, country, at_r'],
    [{ suffix: '_r', how: 'full' }, 'customer, amount, at, country, at_r'],
    [{ how: 'cross', on: [], suffix: '_r' }, 'customer, amount, at, id, country, at_r'],
    [{ how: 'semi' }, 'customer, amount, at'],
    [{ how: 'anti' }, 'customer, amount, at'],
  ])('%o', (more, columns) => {
    expect(refusal(job => selectNode(ordersJoin(job, more), [{ from: 'none', as: 'x' }]))).toContain(
      `The records have: ${columns}.`,
    )
  })

  test('of intersect and except they are those of the left', () => {
    for (const kind of ['intersect', 'except'] as const) {
      const make = (job: Job) =>
        selectNode(setNode(kind, orders(job), orders(job)), [{ from: 'none', as: 'x' }])
      expect(refusal(make)).toContain('The records have: customer, amount, at.')
    }
  })
})

describe('set verbs of records that are never equal', () => {
  test('are refused', () => {
    expect(refusal(job => setNode('except', job.text('a'), orders(job), 'job.ts:5'))).toBe(
      'INVALID_PLAN | except: scalars on the left are never equal to records with the columns customer, amount, at on the right | ' +
        'Map one side to records like those of the other. | job.ts:5',
    )
    const pairs = (job: Job) =>
      aggregateNode(
        job.jsonl('a'),
        [{ kind: 'column', column: 'key', as: 'key' }],
        [{ as: 'value', spec: { op: 'count' } }],
        'pair',
      )
    expect(refusal(job => setNode('intersect', pairs(job), job.text('a')))).toContain('pairs on the left')
  })

  test('are planned where nothing is known, and where only columns differ', () => {
    expect(refusal(job => setNode('except', job.text('a'), job.jsonl('b')))).toBe('planned')
    expect(refusal(job => setNode('intersect', orders(job), customers(job)))).toBe('planned')
  })
})

describe('cross joins', () => {
  const big = (job: Job, name: string, tasks = 40): ScanNode => job.text(name, tasks)
  const cross = (left: LogicalNode, right: LogicalNode, more: Partial<JoinNode> = {}) =>
    joined(left, right, { how: 'cross', on: [], suffix: '_r', ...more })

  test('of two large sides are refused, with their sizes and a way out', () => {
    expect(refusal(job => cross(big(job, 'a'), big(job, 'b', 30)))).toBe(
      'INVALID_PLAN | join: neither side of the cross join is small: 41.9 MB on the left, 31.5 MB on the right, ' +
        'and every task would read the smaller one whole | ' +
        'A side may have 16.8 MB; allow more with `broadcastBytes`, or join on a column. | job.ts:3',
    )
  })

  test.each<[string, (job: Job) => LogicalNode]>([
    ['a small left', job => cross(big(job, 'a', 2), big(job, 'b'))],
    ['a small right', job => cross(big(job, 'a'), big(job, 'b', 2))],
    ['more bytes', job => cross(big(job, 'a'), big(job, 'b', 30), { broadcastBytes: 40e6 })],
    ['a forced broadcast', job => cross(big(job, 'a'), big(job, 'b', 30), { strategy: 'broadcast' })],
  ])('planned: %s', (_, make) => expect(refusal(make)).toBe('planned'))
})

describe('records of fixed length', () => {
  const columns = (job: Job) => job.jsonl('a', 1, objects('a', 'b'))
  test('are not written from records without a column `value`', () => {
    expect(refusal(job => [write(columns(job), 'records')])).toBe(
      'INVALID_PLAN | write.records("out/records/") takes bytes, but is given records with the columns a, b | ' +
        'Map each record to a Uint8Array, or name the column of its bytes `value`.',
    )
  })

  test.each<[string, (job: Job) => LogicalNode]>([
    ['scalars', job => job.text('a')],
    ['a column `value`', job => job.jsonl('a', 1, objects('key', 'value'))],
    ['records that they were read as', job => job.records('a')],
    ['anything', job => job.jsonl('a')],
  ])('planned: %s', (_, make) => expect(refusal(job => [write(make(job), 'records')])).toBe('planned'))

  test('bring their key into a join that is on it, and only there', () => {
    const on = (left: string) => [{ left, right: left }]
    const join = (job: Job, left: string) => {
      const right = job.jsonl('a', 1, objects(left, left === 'key' ? 'name' : 'key'))
      return selectNode(joined(job.records('r'), right, { on: on(left) }), [{ from: 'none', as: 'x' }])
    }
    expect(refusal(job => join(job, 'key'))).toContain('The records have: key, value, name.')
    expect(refusal(job => join(job, 'value'))).toContain('The records have: value, key.')
  })

  test('have the columns key and value', () => {
    expect(refusal(job => selectNode(job.records('a'), [{ from: 'id', as: 'id' }]))).toContain(
      'The records have: key, value.',
    )
    expect(refusal(job => [write(job.records('a'), 'text')])).toContain('with the columns key, value')
  })
})
