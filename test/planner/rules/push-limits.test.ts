import { expect, test } from 'vitest'
import {
  distinctByNode,
  filterNode,
  joinNode,
  type LogicalNode,
  limitNode,
  mapNode,
  repartitionNode,
  sampleNode,
  selectNode,
  sortNode,
} from '../../../planner/index.ts'
import { pushLimits } from '../../../planner/rules/push-limits.ts'
import { Job, result, write } from '../job.ts'
import { beforeAfter } from './before-after.ts'

const KEYS = [{ kind: 'column', column: 'x', direction: 'asc', nulls: 'last' }] as const

test('a limit moves below maps and selects, so that a slow function is not called for rows nobody sees', () => {
  const job = new Job()
  const slow = mapNode(job.jsonl('urls'), job.fn('fetchPage', { async: true }))
  const select = selectNode(slow, [{ from: 'title', as: 'title' }])
  expect(beforeAfter(job, [result(limitNode(select, 5))], pushLimits)).toMatchInlineSnapshot(`
    "result
      limit 5 (2)
        select "title" as "title" (2)
          rows map #0 (2)
            scan urls/*.jsonl (2)
    --->
    result
      select "title" as "title" (2)
        rows map #0 (2)
          limit 5 (2)
            scan urls/*.jsonl (2)"
  `)
})

test('a limit stays above a filter', () => {
  const job = new Job()
  const filter = filterNode(job.text('a'), job.fn('long'))
  expect(beforeAfter(job, [result(limitNode(filter, 5))], pushLimits)).toContain('--- unchanged')
})

test.each<[string, (input: LogicalNode, other: LogicalNode) => LogicalNode]>([
  ['sort', input => sortNode(input, KEYS)],
  ['sample', input => sampleNode(input, 0.5, 1)],
  ['distinctBy', input => distinctByNode(input, [{ kind: 'column', column: 'x', as: 'x' }])],
  ['repartition', input => repartitionNode(input, 2)],
  [
    'join',
    (left, right) => joinNode({ left, right, how: 'left', on: [], strategy: 'auto', divideSkew: false }),
  ],
])('a limit stays above a %s', (_, make) => {
  const job = new Job()
  const limit = limitNode(make(job.jsonl('a'), job.jsonl('b')), 5)
  expect(beforeAfter(job, [result(limit)], pushLimits)).toContain('--- unchanged')
})

test('a limit stays above a map that others read whole', () => {
  const job = new Job()
  const map = mapNode(job.text('a'), job.fn('trim'))
  const outputs = [result(limitNode(map, 5)), write(map)]
  expect(beforeAfter(job, outputs, pushLimits)).toContain('--- unchanged')
})

test('of two limits the smaller stays', () => {
  const job = new Job()
  const twice = limitNode(limitNode(job.text('a'), 3), 7)
  expect(beforeAfter(job, [result(twice)], pushLimits)).toMatchInlineSnapshot(`
    "result
      limit 7 (2)
        limit 3 (2)
          scan a/*.txt (2)
    --->
    result
      limit 3 (2)
        scan a/*.txt (2)"
  `)
})
