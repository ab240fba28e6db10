import { describe, expect, test } from 'vitest'
import {
  aggregateNode,
  filterNode,
  type LogicalNode,
  type LogicalSortKey,
  mapNode,
  repartitionNode,
  selectNode,
  sortNode,
  topNode,
  unionNode,
  withNode,
} from '../../../planner/index.ts'
import type { PlanOptions } from '../../../planner/options.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
import { topOfSort } from '../../../planner/rules/top-of-sort.ts'
import { Job, result, write } from '../job.ts'
import { beforeAfter } from './before-after.ts'

const by = (column: string, direction: 'asc' | 'desc' = 'asc'): LogicalSortKey => ({
  kind: 'column',
  column,
  direction,
  nulls: 'last',
})

/** The draft after the rule. */
function placed(job: Job, node: LogicalNode, options: PlanOptions = {}): string {
  return beforeAfter(job, [result(node)], [topOfSort, placeExchanges], options).split('--->\n')[1]!
}

test('a source is read in part to sample it, and then whole to divide it', () => {
  const job = new Job()
  const sorted = sortNode(job.largeJsonl('orders', 3), [by('amount', 'desc'), by('id')])
  expect(beforeAfter(job, [write(sorted)], placeExchanges)).toMatchInlineSnapshot(`
    "jsonl
      sort by "amount" desc nulls last, "id" asc nulls last (3)
        scan orders/*.jsonl (3)
    --->
    jsonl
      sort by "amount" desc nulls last, "id" asc nulls last (4)
        exchange range("amount" desc nulls last, "id" asc nulls last; 4) (4)
          scan orders/*.jsonl (3)
          exchange broadcast (1)
            splitters 4 (1)
              exchange gather (1)
                sampleKeys 342 of 0.0625, key bytes 8388608, by "amount" desc nulls last, "id" asc nulls last (3)
                  scan orders/*.jsonl 0.0625 of it (3)"
  `)
})

test('a small source is sampled whole', () => {
  const job = new Job()
  expect(placed(job, sortNode(job.jsonl('a', 33), [by('x')]))).toMatchInlineSnapshot(`
    "result
      sort by "x" asc nulls last (2)
        exchange range("x" asc nulls last; 2) (2)
          scan a/*.jsonl (33)
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                sampleKeys 64 of 1, key bytes 1016800, by "x" asc nulls last (33)
                  scan a/*.jsonl (33)"
  `)
})

test('what a function makes is made once, before it is read twice', () => {
  const job = new Job()
  const made = mapNode(job.jsonl('a', 3), job.fn('f'))
  expect(placed(job, sortNode(made, [by('x')]), { partitions: 2 })).toMatchInlineSnapshot(`
    "result
      sort by "x" asc nulls last (2)
        exchange range("x" asc nulls last; 2) (2)
          @1 = exchange none (3)
            rows map #0 (3)
              scan a/*.jsonl (3)
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                sampleKeys 171 of 1, key bytes 8388608, by "x" asc nulls last (3)
                  @1"
  `)
})

test('an exchange and a selection of columns are read twice as they are', () => {
  const job = new Job()
  const divided = repartitionNode(job.jsonl('a', 3), 4, ['x'])
  const select = selectNode(divided, [{ from: 'x', as: 'y' }])
  expect(placed(job, sortNode(select, [by('y')]), { partitions: 2 })).toMatchInlineSnapshot(`
    "result
      sort by "y" asc nulls last (2)
        exchange range("y" asc nulls last; 2) (2)
          select "x" as "y" (4)
            @1 = exchange hash("x"; 4) (4)
              scan a/*.jsonl (3)
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                sampleKeys 128 of 1, key bytes 8388608, by "y" asc nulls last (4)
                  select "x" as "y" (4)
                    @1"
  `)
})

test('each part of a union of sources is sampled for its own share', () => {
  const job = new Job()
  const union = unionNode([job.largeJsonl('large', 2), job.jsonl('small', 1)])
  const select = selectNode(union, [{ from: 'x', as: 'y' }])
  expect(placed(job, sortNode(select, [by('y')]), { partitions: 2 })).toMatchInlineSnapshot(`
    "result
      sort by "y" asc nulls last (2)
        exchange range("y" asc nulls last; 2) (2)
          select "x" as "y" (3)
            union (3)
              scan large/*.jsonl (2)
              scan small/*.jsonl (1)
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                union (3)
                  sampleKeys 171 of 0.0625, key bytes 8388608, by "y" asc nulls last (2)
                    select "x" as "y" (2)
                      scan large/*.jsonl 0.0625 of it (2)
                  sampleKeys 171 of 1, key bytes 8388608, by "y" asc nulls last (1)
                    select "x" as "y" (1)
                      scan small/*.jsonl (1)"
  `)
})

test('a union with rows that a function makes is made once, as a whole', () => {
  const job = new Job()
  const union = unionNode([job.jsonl('a', 2), filterNode(job.jsonl('b', 1), job.fn('f'))])
  expect(placed(job, sortNode(union, [by('x')]), { partitions: 2 })).toMatchInlineSnapshot(`
    "result
      sort by "x" asc nulls last (2)
        exchange range("x" asc nulls last; 2) (2)
          @1 = exchange none (3)
            union (3)
              scan a/*.jsonl (2)
              rows filter #0 (1)
                scan b/*.jsonl (1)
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                sampleKeys 171 of 1, key bytes 8388608, by "x" asc nulls last (3)
                  @1"
  `)
})

test('a key that a function computes is a column from before the sampling until after the sort', () => {
  const job = new Job()
  const key: LogicalSortKey = { kind: 'function', fn: job.fn('year'), direction: 'desc', nulls: 'first' }
  expect(placed(job, sortNode(job.jsonl('a', 3), [by('x'), key]), { partitions: 2 })).toMatchInlineSnapshot(`
    "result
      dropColumns "\\u0000sort1" (2)
        sort by "x" asc nulls last, "\\u0000sort1" desc nulls first (2)
          exchange range("x" asc nulls last, "\\u0000sort1" desc nulls first; 2) (2)
            @1 = exchange none (3)
              addColumns "\\u0000sort1" = #0 (3)
                scan a/*.jsonl (3)
            exchange broadcast (1)
              splitters 2 (1)
                exchange gather (1)
                  sampleKeys 171 of 1, key bytes 8388608, by "x" asc nulls last, "\\u0000sort1" desc nulls first (3)
                    @1"
  `)
})

test('equal sorts share what they are sorted from, different ones the rows', () => {
  const job = new Job()
  const made = mapNode(job.jsonl('a', 3), job.fn('f'))
  const outputs = [
    write(sortNode(made, [by('x')]), 'jsonl', 'a/'),
    write(sortNode(made, [by('x')]), 'jsonl', 'b/'),
    write(sortNode(made, [by('y')]), 'jsonl', 'c/'),
  ]
  expect(
    beforeAfter(job, outputs, placeExchanges, { partitions: 2 }).split('--->\n')[1],
  ).toMatchInlineSnapshot(`
    "jsonl
      sort by "x" asc nulls last (2)
        @1 = exchange range("x" asc nulls last; 2) (2)
          @2 = exchange none (3)
            rows map #0 (3)
              scan a/*.jsonl (3)
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                sampleKeys 171 of 1, key bytes 8388608, by "x" asc nulls last (3)
                  @2
    jsonl
      sort by "x" asc nulls last (2)
        @1
    jsonl
      sort by "y" asc nulls last (2)
        exchange range("y" asc nulls last; 2) (2)
          @2
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                sampleKeys 171 of 1, key bytes 8388608, by "y" asc nulls last (3)
                  @2"
  `)
})

describe('without sampling', () => {
  test('one task sorts what it has', () => {
    const job = new Job()
    expect(placed(job, sortNode(job.jsonl('a', 1), [by('x')]))).not.toContain('exchange')
    const count = aggregateNode(job.jsonl('b', 3), [], [{ as: 'n', spec: { op: 'count' } }], 'object')
    expect(placed(job, sortNode(count, [by('n')]))).not.toContain('range')
  })

  test('several tasks with little are sorted by one', () => {
    const job = new Job()
    expect(placed(job, sortNode(job.jsonl('a', 3), [by('x')]))).toMatchInlineSnapshot(`
      "result
        sort by "x" asc nulls last (1)
          exchange gather (1)
            scan a/*.jsonl (3)"
    `)
  })

  test('a top is a top of each task, and then of all', () => {
    const job = new Job()
    expect(placed(job, topNode(job.jsonl('a', 3), [by('x')], 5))).toMatchInlineSnapshot(`
      "result
        top 5 by "x" asc nulls last (1)
          exchange gather (1)
            top 5 by "x" asc nulls last (3)
              scan a/*.jsonl (3)"
    `)
    expect(placed(job, topNode(job.jsonl('b', 1), [by('x')], 5))).not.toContain('exchange')
  })
})

test('partitions that are asked for are made, also of one task', () => {
  const job = new Job()
  const sorted = sortNode(job.jsonl('a', 1), [by('x')])
  expect(placed(job, withNode(sorted, { partitions: 3 }))).toContain('range("x" asc nulls last; 3) (3)')
  expect(placed(job, sorted, { partitions: 3 })).not.toContain('exchange')
})

test('tasks sample more the fewer they are, from 64 rows to 65,536', () => {
  const job = new Job()
  const rows = (tasks: number, partitions: number) =>
    /sampleKeys (\d+)/.exec(placed(job, sortNode(job.jsonl('a', tasks), [by('x')]), { partitions }))?.[1]
  expect(rows(2, 2)).toBe('256')
  expect(rows(3, 2)).toBe('171')
  expect(rows(20, 2)).toBe('64')
  expect(rows(2, 1000)).toBe('65536')
})

test('the keys of all samples together have 32 MiB, those of a task 64 KiB to 8 MiB', () => {
  const job = new Job()
  const keyBytes = (tasks: number) =>
    Number(
      /key bytes (\d+)/.exec(placed(job, sortNode(job.jsonl('a', tasks), [by('x')]), { partitions: 3 }))?.[1],
    )
  expect(keyBytes(2)).toBe(8 << 20)
  expect(keyBytes(5)).toBe(Math.floor((32 << 20) / 5))
  expect(keyBytes(512)).toBe(64 << 10)
  expect(keyBytes(1000)).toBe(64 << 10)
})

describe('a repartition', () => {
  test('without keys divides by position alone', () => {
    const job = new Job()
    expect(placed(job, repartitionNode(job.jsonl('a', 3), 2))).toMatchInlineSnapshot(`
      "result
        exchange range(position; 2) (2)
          scan a/*.jsonl (3)
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                sampleKeys 171 of 1, key bytes 8388608, by position (3)
                  scan a/*.jsonl (3)"
    `)
  })

  test('with keys is a hash exchange', () => {
    const job = new Job()
    expect(placed(job, repartitionNode(job.jsonl('a', 3), 2, ['x']))).toMatchInlineSnapshot(`
      "result
        exchange hash("x"; 2) (2)
          scan a/*.jsonl (3)"
    `)
  })

  test('into one partition is a gather, and of one task nothing', () => {
    const job = new Job()
    expect(placed(job, repartitionNode(job.jsonl('a', 3), 1, ['x']))).toContain('exchange gather')
    const count = aggregateNode(job.jsonl('b', 3), [], [{ as: 'n', spec: { op: 'count' } }], 'object')
    expect(placed(job, repartitionNode(count, 1)).match(/gather/g)).toHaveLength(1)
  })

  test('is what it says, whatever partitions are asked for above', () => {
    const job = new Job()
    const node = withNode(repartitionNode(job.jsonl('a', 3), 2), { partitions: 7 })
    expect(placed(job, node, { partitions: 5 })).toContain('range(position; 2) (2)')
  })
})
