import { expect, test } from 'vitest'
import { filterNode, mapNode, selectNode, unionNode } from '../../../planner/index.ts'
import { pushFilters } from '../../../planner/rules/push-filters.ts'
import { Job, result, write } from '../job.ts'
import { beforeAfter } from './before-after.ts'

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
