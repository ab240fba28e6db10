import { expect, test } from 'vitest'
import {
  filterNode,
  type LogicalNode,
  type LogicalSortKey,
  limitNode,
  mapNode,
  selectNode,
  sortNode,
  topNode,
} from '../../../planner/index.ts'
import { topOfSort } from '../../../planner/rules/top-of-sort.ts'
import { Job, result, write } from '../job.ts'
import { beforeAfter } from './before-after.ts'

const KEYS: readonly LogicalSortKey[] = [{ kind: 'column', column: 'x', direction: 'asc', nulls: 'last' }]

const after = (job: Job, root: LogicalNode) => beforeAfter(job, [result(root)], topOfSort)

test('the first rows of a sort are a top', () => {
  const job = new Job()
  expect(after(job, limitNode(sortNode(job.jsonl('a'), KEYS), 5))).toMatchInlineSnapshot(`
    "result
      limit 5 (2)
        sort by "x" asc nulls last (2)
          scan a/*.jsonl (2)
    --->
    result
      top 5 by "x" asc nulls last (2)
        scan a/*.jsonl (2)"
  `)
})

test('also through steps that give a row for a row, and computed keys', () => {
  const job = new Job()
  const key: LogicalSortKey = { kind: 'function', fn: job.fn('year'), direction: 'desc', nulls: 'last' }
  const select = selectNode(sortNode(job.jsonl('a'), [key]), [{ from: 'x', as: 'y' }])
  expect(after(job, limitNode(mapNode(select, job.fn('f')), 5))).toMatchInlineSnapshot(`
    "result
      limit 5 (2)
        rows map #1 (2)
          select "x" as "y" (2)
            dropColumns "\\u0000sort0" (2)
              sort by "\\u0000sort0" desc nulls last (2)
                addColumns "\\u0000sort0" = #0 (2)
                  scan a/*.jsonl (2)
    --->
    result
      rows map #1 (2)
        select "x" as "y" (2)
          dropColumns "\\u0000sort0" (2)
            top 5 by "\\u0000sort0" desc nulls last (2)
              addColumns "\\u0000sort0" = #0 (2)
                scan a/*.jsonl (2)"
  `)
})

test('of a top, and of several limits, the smallest stays', () => {
  const job = new Job()
  const top = topNode(job.jsonl('a'), KEYS, 7)
  expect(after(job, limitNode(mapNode(limitNode(top, 9), job.fn('f')), 3))).toMatchInlineSnapshot(`
    "result
      limit 3 (2)
        rows map #0 (2)
          limit 9 (2)
            limit 7 (2)
              sort by "x" asc nulls last (2)
                scan a/*.jsonl (2)
    --->
    result
      rows map #0 (2)
        top 3 by "x" asc nulls last (2)
          scan a/*.jsonl (2)"
  `)
})

test('more rows than a task should hold are sorted', () => {
  const job = new Job()
  expect(after(job, topNode(job.jsonl('a'), KEYS, 10_000))).toContain('top 10000')
  expect(after(job, topNode(job.jsonl('a'), KEYS, 10_001))).toContain('--- unchanged')
})

test('a sort that others read whole stays one', () => {
  const job = new Job()
  const sorted = sortNode(job.jsonl('a'), KEYS)
  expect(beforeAfter(job, [result(limitNode(sorted, 5)), write(sorted)], topOfSort)).toContain(
    '--- unchanged',
  )
})

test('a filter between them is heard first', () => {
  const job = new Job()
  const filtered = filterNode(sortNode(job.jsonl('a'), KEYS), job.fn('f'))
  expect(after(job, limitNode(filtered, 5))).toContain('--- unchanged')
})
