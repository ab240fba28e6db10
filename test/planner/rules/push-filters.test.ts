import { expect, test } from 'vitest'
import {
  distinctByNode,
  filterNode,
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
import { pushFilters } from '../../../planner/rules/push-filters.ts'
import { Job, result, write } from '../job.ts'
import { beforeAfter } from './before-after.ts'

const key = { kind: 'column', column: 'k', direction: 'asc', nulls: 'last' } as const
const keep = (...names: string[]) => names.map(name => ({ from: name, as: name }))

test('a filter moves into every input of a union', () => {
  const job = new Job()
  const union = unionNode([job.text('a'), mapNode(job.text('b'), job.fn('trim'))])
  expect(beforeAfter(job, [result(filterNode(union, job.fn('long')))], pushFilters)).toMatchInlineSnapshot(`
    "result
      rows filter #1 (4)
        union (4)
          scan a/*.txt (2)
          rows map #0 (2)
            scan b/*.txt (2)
    --->
    result
      union (4)
        rows filter #1 (2)
          scan a/*.txt (2)
        rows filter #1 (2)
          rows map #0 (2)
            scan b/*.txt (2)"
  `)
})

test('filters keep their order when they move past a select that keeps the columns they read', () => {
  const job = new Job()
  const select = selectNode(job.jsonl('orders'), keep('amount', 'region'))
  const first = filterNode(select, job.fn('rich', { reads: ['amount'] }))
  const second = filterNode(first, job.fn('here', { reads: ['region', 'amount'] }))
  expect(beforeAfter(job, [result(second)], pushFilters)).toMatchInlineSnapshot(`
    "result
      rows filter #1 (2)
        rows filter #0 (2)
          select "amount" as "amount", "region" as "region" (2)
            scan orders/*.jsonl (2)
    --->
    result
      select "amount" as "amount", "region" as "region" (2)
        rows filter #1 (2)
          rows filter #0 (2)
            scan orders/*.jsonl (2)"
  `)
})

test('a filter moves past a select and then into the union below it', () => {
  const job = new Job()
  const select = selectNode(unionNode([job.jsonl('a'), job.jsonl('b')]), keep('amount'))
  const filter = filterNode(select, job.fn('rich', { reads: ['amount'] }))
  expect(beforeAfter(job, [result(filter)], pushFilters)).toMatchInlineSnapshot(`
    "result
      rows filter #0 (4)
        select "amount" as "amount" (4)
          union (4)
            scan a/*.jsonl (2)
            scan b/*.jsonl (2)
    --->
    result
      select "amount" as "amount" (4)
        union (4)
          rows filter #0 (2)
            scan a/*.jsonl (2)
          rows filter #0 (2)
            scan b/*.jsonl (2)"
  `)
})

test('a filter stays above a select that renames a column it reads', () => {
  const job = new Job()
  const select = selectNode(job.jsonl('orders'), [{ from: 'price', as: 'amount' }])
  const filter = filterNode(select, job.fn('rich', { reads: ['amount'] }))
  expect(beforeAfter(job, [result(filter)], pushFilters)).toContain('--- unchanged')
})

test('a filter stays above a select that drops a column it reads: there it is undefined', () => {
  const job = new Job()
  const select = selectNode(job.jsonl('orders'), keep('region'))
  const filter = filterNode(select, job.fn('rich', { reads: ['amount'] }))
  expect(beforeAfter(job, [result(filter)], pushFilters)).toContain('--- unchanged')
})

test('a filter that may see the whole record stays above a select', () => {
  const job = new Job()
  const select = selectNode(job.jsonl('orders'), keep('amount'))
  expect(beforeAfter(job, [result(filterNode(select, job.fn('any')))], pushFilters)).toContain(
    '--- unchanged',
  )
})

test('a filter stays above a node that others read without it', () => {
  const job = new Job()
  const union = unionNode([job.text('a'), job.text('b')])
  const outputs = [result(filterNode(union, job.fn('long'))), write(union)]
  expect(beforeAfter(job, outputs, pushFilters)).toContain('--- unchanged')
})

test('a filter that several read stays one node above a union', () => {
  const job = new Job()
  const filter = filterNode(unionNode([job.text('a'), job.text('b')]), job.fn('long'))
  expect(beforeAfter(job, [result(filter), write(filter)], pushFilters)).toContain('--- unchanged')
  const other = unionNode([filter, job.text('c')])
  expect(beforeAfter(job, [result(other), write(other)], pushFilters)).toContain('--- unchanged')
})

test.each<[string, (job: Job) => LogicalNode]>([
  ['a sort, whose order of calls it would see', job => sortNode(job.jsonl('a'), [key])],
  ['a top, whose rows it would change', job => topNode(job.jsonl('a'), [key], 3)],
  ['a repartition', job => repartitionNode(job.jsonl('a'), 3)],
  ['a sample', job => sampleNode(job.jsonl('a'), 0.5, 1)],
  [
    'a distinct, which keeps the first of all',
    job => distinctByNode(job.jsonl('a'), [{ kind: 'column', column: 'k', as: 'k' }]),
  ],
  ['a set verb', job => setNode('intersect', job.jsonl('a'), job.jsonl('b'))],
  [
    'a join',
    job =>
      joinNode({
        left: job.jsonl('a'),
        right: job.jsonl('b'),
        how: 'inner',
        on: [{ left: 'k', right: 'k' }],
        strategy: 'auto',
        divideSkew: 'auto',
      }),
  ],
])('a filter stays above %s', (_, make) => {
  const job = new Job()
  const filter = filterNode(make(job), job.fn('rich', { reads: ['amount'] }))
  expect(beforeAfter(job, [result(filter)], pushFilters)).toContain('--- unchanged')
})
