import { describe, expect, test } from 'vitest'
import {
  aggregateNode,
  filterNode,
  flatMapNode,
  type LogicalAggregation,
  type LogicalKey,
  type LogicalNode,
  limitNode,
  mapBatchesNode,
  mapNode,
  selectNode,
  unionNode,
} from '../../../planner/index.ts'
import { fuseRows } from '../../../planner/rules/fuse-rows.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
import { pruneColumns } from '../../../planner/rules/prune-columns.ts'
import { Job, result } from '../job.ts'
import { beforeAfter } from './before-after.ts'

const column = (name: string): LogicalKey => ({ kind: 'column', column: name, as: name })
const group = (input: LogicalNode, keys: LogicalKey[], ...specs: LogicalAggregation[]) =>
  aggregateNode(
    input,
    keys,
    specs.map((spec, i) => ({ as: `r${i}`, spec })),
    'object',
  )

test('a scan reads what filter, keys and aggregations look at', () => {
  const job = new Job()
  const rich = filterNode(job.jsonl('orders'), job.fn('rich', { reads: ['amount'] }))
  const byRegion = group(
    rich,
    [column('region')],
    { op: 'sum', column: 'amount' },
    { op: 'count', column: 'id' },
  )
  expect(beforeAfter(job, [result(byRegion)], [placeExchanges, pruneColumns])).toMatchInlineSnapshot(`
    "result
      aggregate complete by ["region" as "region"]: ["r0" = sum("amount"), "r1" = count("id")] object (2)
        rows filter #0 (2)
          scan orders/*.jsonl (2)
    --->
    result
      aggregate final by ["region" as "region"]: ["r0" = sum("amount"), "r1" = count("id")] object (1)
        exchange gather (1)
          aggregate partial by ["region" as "region"]: ["r0" = sum("amount"), "r1" = count("id")] object (2)
            rows filter #0 (2)
              scan orders/*.jsonl [amount, id, region] (2)"
  `)
})

/** The columns that the scan of `orders` reads; null for all. */
function columnsRead(
  make: (job: Job, orders: LogicalNode) => LogicalNode,
  schema?: Parameters<Job['jsonl']>[2],
) {
  const job = new Job()
  const orders = job.jsonl('orders', 2, schema)
  const text = beforeAfter(job, [result(make(job, orders))], [placeExchanges, fuseRows, pruneColumns])
  const read = /.*scan orders[^[]*\.jsonl \[(.*)\] /s.exec(text.split('--->')[1] ?? '')
  return read === null ? null : read[1]!.split(', ').filter(name => name !== '')
}

describe('pruned', () => {
  test.each<[string, string[], (job: Job, orders: LogicalNode) => LogicalNode]>([
    ['a map', ['a', 'b'], (job, orders) => mapNode(orders, job.fn('f', { reads: ['b', 'a'] }))],
    [
      'a flatMap below anything',
      ['a'],
      (job, orders) => mapNode(flatMapNode(orders, job.fn('f', { reads: ['a'] })), job.fn('g')),
    ],
    [
      'filters below a map',
      ['a', 'b', 'c'],
      (job, orders) =>
        mapNode(
          filterNode(filterNode(orders, job.fn('f', { reads: ['a'] })), job.fn('g', { reads: ['b'] })),
          job.fn('h', { reads: ['c'] }),
        ),
    ],
    [
      'a select, by the names below it',
      ['a', 'b'],
      (_, orders) =>
        selectNode(orders, [
          { from: 'b', as: 'x' },
          { from: 'a', as: 'a' },
        ]),
    ],
    [
      'a select of which less is used: it looks for all that it names',
      ['a', 'b'],
      (job, orders) =>
        mapNode(
          selectNode(orders, [
            { from: 'b', as: 'x' },
            { from: 'a', as: 'a' },
          ]),
          job.fn('f', { reads: ['x'] }),
        ),
    ],
    [
      'an exchange, for all its readers',
      ['a'],
      (job, orders) => mapNode(limitNode(orders, 5), job.fn('f', { reads: ['a'] })),
    ],
    [
      'a key that a function computes',
      ['a'],
      (job, orders) =>
        group(orders, [{ kind: 'function', fn: job.fn('f', { reads: ['a'] }), as: 'key' }], { op: 'count' }),
    ],
    ['counting alone', [], (_, orders) => group(orders, [], { op: 'count' })],
    [
      'a union, in each input',
      ['a'],
      (job, orders) => mapNode(unionNode([job.text('x'), orders]), job.fn('f', { reads: ['a'] })),
    ],
  ])('%s', (_, columns, make) => expect(columnsRead(make)).toEqual(columns))
})

describe('not pruned', () => {
  test.each<[string, (job: Job, orders: LogicalNode) => LogicalNode]>([
    ['a function that sees the whole record', (job, orders) => mapNode(orders, job.fn('f'))],
    ['whole records in the result', (job, orders) => filterNode(orders, job.fn('f', { reads: ['a'] }))],
    ['mapBatches', (job, orders) => mapBatchesNode(orders, job.fn('f', { reads: ['a'] }), 8)],
    ['distinct', (_, orders) => aggregateNode(orders, 'all', [], 'object')],
    [
      'an aggregation by a function, whose first argument is not the record',
      (job, orders) => {
        const [init, add, merge, finish] = ['init', 'add', 'merge', 'finish'].map(name =>
          job.fn(name, { reads: ['a'] }),
        ) as [never, never, never, never]
        return group(orders, [], { op: 'user', init, add, merge, finish })
      },
    ],
    [
      'a property that strings have too',
      (job, orders) => mapNode(orders, job.fn('f', { reads: ['length'] })),
    ],
  ])('%s', (_, make) => expect(columnsRead(make)).toBeNull())
})

test('a column that the schema does not have is not asked for', () => {
  const schema = { shape: 'object', fields: [{ name: 'a', type: { kind: 'utf8' } }] } as const
  const make = (job: Job, orders: LogicalNode) => mapNode(orders, job.fn('f', { reads: ['a', 'z'] }))
  expect(columnsRead(make, schema)).toEqual(['a'])
})

test('records that are declared as scalars have no columns to prune', () => {
  const schema = { shape: 'scalar', fields: [{ name: 'value', type: { kind: 'utf8' } }] } as const
  const make = (job: Job, orders: LogicalNode) => mapNode(orders, job.fn('f', { reads: ['a'] }))
  expect(columnsRead(make, schema)).toBeNull()
})
