import { describe, expect, test } from 'vitest'
import type { Schema } from '../../../operators/index.ts'
import {
  aggregateNode,
  distinctByNode,
  filterNode,
  type JoinNode,
  joinNode,
  type LogicalNode,
  mapNode,
  repartitionNode,
  sampleNode,
  selectNode,
  setNode,
  sortNode,
  topNode,
  unionNode,
} from '../../../planner/index.ts'
import { fuseRows } from '../../../planner/rules/fuse-rows.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
import { pruneColumns } from '../../../planner/rules/prune-columns.ts'
import { shareNodes } from '../../../planner/rules/share-nodes.ts'
import { topOfSort } from '../../../planner/rules/top-of-sort.ts'
import { Job, result } from '../job.ts'
import { beforeAfter } from './before-after.ts'

function objects(...names: string[]): Schema {
  return { shape: 'object', fields: names.map(name => ({ name, type: { kind: 'utf8' } })) }
}

/** What the scans of the plan read, in the order in which it prints them: `*` for all. */
function columnsRead(make: (job: Job) => LogicalNode): string[] {
  const job = new Job()
  const rules = [topOfSort, placeExchanges, shareNodes, fuseRows, pruneColumns]
  const after = beforeAfter(job, [result(make(job))], rules, { partitions: 3 })
    .split('--->\n')
    .at(-1)!
  return [...after.matchAll(/scan (\w+)\/\*\.\w+(?: \[(.*?)\])?/g)].map(
    ([, name, columns = '*']) => `${name}: ${columns}`,
  )
}

const reading = (job: Job, input: LogicalNode, ...reads: string[]) => mapNode(input, job.fn('f', { reads }))

describe('a step reads its keys beside what is looked at above', () => {
  const column = (name: string) => ({ kind: 'column', column: name, as: name }) as const
  const by = (name: string) => ({ kind: 'column', column: name, direction: 'asc', nulls: 'last' }) as const
  const computed = (job: Job, ...reads: string[]) =>
    ({ kind: 'function', fn: job.fn('key', { reads }), direction: 'desc', nulls: 'first' }) as const

  test.each<[string, string[], (job: Job, rows: LogicalNode) => LogicalNode]>([
    ['top', ['in: a, k'], (_, rows) => topNode(rows, [by('k')], 5)],
    ['a computed top', ['in: a, x'], (job, rows) => topNode(rows, [computed(job, 'x')], 5)],
    [
      'a sort; its sample reads the keys alone',
      ['in: a, k', 'in: k'],
      (_, rows) => sortNode(rows, [by('k')]),
    ],
    ['distinct', ['in: a, k'], (_, rows) => distinctByNode(rows, [column('k')])],
    ['a sample', ['in: a'], (_, rows) => sampleNode(rows, 0.5, 1)],
    ['a repartition by keys', ['in: a, k'], (_, rows) => repartitionNode(rows, 4, ['k'])],
    ['a repartition in order', ['in: a', 'in: '], (_, rows) => repartitionNode(rows, 4)],
  ])('%s', (_, expected, make) => {
    expect(columnsRead(job => reading(job, make(job, job.jsonl('in')), 'a'))).toEqual(expected)
  })

  test('a computed sort is written with its key: both readers need that and no more', () => {
    const make = (job: Job) => reading(job, sortNode(job.jsonl('in'), [computed(job, 'x')]), 'a')
    expect(columnsRead(make)).toEqual(['in: a, x'])
  })

  test('a key function that may see the whole record is given it', () => {
    const make = (job: Job) =>
      reading(job, distinctByNode(job.jsonl('in'), [{ kind: 'function', fn: job.fn('key'), as: 'k' }]), 'a')
    expect(columnsRead(make)).toEqual(['in: *'])
  })

  test('a distinct that nothing above looks at reads its key', () => {
    const count = (input: LogicalNode) =>
      aggregateNode(input, [], [{ as: 'n', spec: { op: 'count' } }], 'scalar')
    expect(columnsRead(job => count(distinctByNode(job.jsonl('in'), [column('k')])))).toEqual(['in: k'])
  })
})

test('records of fixed length are read whole', () => {
  const key = { kind: 'column', column: 'key', direction: 'asc', nulls: 'last' } as const
  expect(columnsRead(job => reading(job, sortNode(job.records('in'), [key]), 'key'))).toEqual([
    'in: *',
    'in: *',
  ])
})

describe('a join', () => {
  const join = (left: LogicalNode, right: LogicalNode, more: Partial<JoinNode> = {}) =>
    joinNode({
      left,
      right,
      how: 'inner',
      on: [{ left: 'id', right: 'customer' }],
      strategy: 'exchange',
      divideSkew: false,
      ...more,
    })
  const customers = (job: Job) => job.jsonl('customers', 2, objects('id', 'name', 'city', 'at'))
  const orders = (job: Job) => job.jsonl('orders', 2, objects('customer', 'amount', 'at', 'note'))
  const suffix = '_r'

  test.each<[string, string[], string[]]>([
    ['nothing', [], ['customers: id', 'orders: customer']],
    ['a column of the left', ['name'], ['customers: id, name', 'orders: customer']],
    ['a column of the right', ['amount'], ['customers: id', 'orders: amount, customer']],
    ['the key', ['id'], ['customers: id', 'orders: customer']],
    ['a name of both, which is the left’s', ['at'], ['customers: at, id', 'orders: customer']],
    [
      'a name with the suffix, which it has because of the left',
      ['at_r'],
      ['customers: at, id', 'orders: at, customer'],
    ],
    ['columns that there are not', ['none'], ['customers: id', 'orders: customer']],
  ])('of declared sides reads of each what it gives and its keys: %s', (_, reads, expected) => {
    expect(columnsRead(job => reading(job, join(customers(job), orders(job), { suffix }), ...reads))).toEqual(
      expected,
    )
  })

  test('knows columns through filters, selects, aggregations and other joins', () => {
    const totals = (job: Job) =>
      aggregateNode(
        orders(job),
        [{ kind: 'column', column: 'customer', as: 'customer' }],
        [{ as: 'total', spec: { op: 'sum', column: 'amount' } }],
        'object',
      )
    const filtered = (job: Job) => filterNode(customers(job), job.fn('near', { reads: ['city'] }))
    const words = (job: Job) => selectNode(job.text('lines'), [{ from: 'value', as: 'line' }])
    const make = (job: Job) =>
      reading(
        job,
        join(join(filtered(job), totals(job)), words(job), { on: [{ left: 'name', right: 'line' }] }),
        'total',
      )
    expect(columnsRead(make)).toEqual(['customers: city, id, name', 'orders: amount, customer', 'lines: *'])
  })

  test.each<[string, (job: Job) => LogicalNode, (job: Job) => LogicalNode]>([
    ['the right', customers, job => job.jsonl('orders')],
    ['the left', job => job.jsonl('customers'), orders],
    ['a mapped side', job => reading(job, job.jsonl('customers'), 'id'), orders],
    [
      'a union of what differs',
      job => unionNode([customers(job), job.jsonl('more', 2, objects('id'))]),
      orders,
    ],
  ])('reads everything where %s may have any column: a clash of names has to be found', (_, left, right) => {
    const read = columnsRead(job => reading(job, join(left(job), right(job), { suffix }), 'amount'))
    const anything = read.filter(text => text !== 'customers: id')
    for (const text of anything) expect(text).toMatch(/: \*$/)
  })

  test.each(['semi', 'anti'] as const)('%s reads the keys of the right, whatever there is', how => {
    const make = (job: Job) => reading(job, join(job.jsonl('l'), job.jsonl('r'), { how }), 'name')
    expect(columnsRead(make)).toEqual(['l: id, name', 'r: customer'])
  })

  test('by range reads the same, and the sample the keys of the streamed side', () => {
    const make = (job: Job) =>
      reading(job, join(orders(job), customers(job), { ...divided, suffix }), 'amount')
    const divided = { on: [{ left: 'customer', right: 'id' }], divideSkew: true }
    expect(columnsRead(make)).toEqual(['orders: amount, customer', 'orders: customer', 'customers: id'])
  })

  test('of whole records, as set verbs are, reads all of both', () => {
    expect(columnsRead(job => reading(job, setNode('except', orders(job), orders(job)), 'amount'))).toEqual([
      'orders: *',
      'orders: *',
    ])
  })
})
