import { expect, test } from 'vitest'
import {
  aggregateNode,
  type LogicalNode,
  limitNode,
  mapNode,
  withNode,
  wordsNode,
} from '../../../planner/index.ts'
import { defaultPartitions } from '../../../planner/rules/partitions.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
import { Job, MIB, result, write } from '../job.ts'
import { beforeAfter } from './before-after.ts'

const valueCounts = (input: LogicalNode) =>
  aggregateNode(
    input,
    [{ kind: 'column', column: 'value', as: 'value' }],
    [{ as: 'count', spec: { op: 'count' } }],
    'object',
  )
const count = (input: LogicalNode) => aggregateNode(input, [], [{ as: 'n', spec: { op: 'count' } }], 'scalar')

test('an aggregation works before the exchange and after it', () => {
  const job = new Job()
  expect(
    beforeAfter(job, [result(valueCounts(wordsNode(job.text('a', 80))))], placeExchanges),
  ).toMatchInlineSnapshot(`
      "result
        aggregate complete by ["value" as "value"]: ["count" = count] object (80)
          words (80)
            scan a/*.txt (80)
      --->
      result
        aggregate final by ["value" as "value"]: ["count" = count] object (3)
          exchange hash("value"; 3) (3)
            aggregate partial by ["value" as "value"]: ["count" = count] object (80)
              words (80)
                scan a/*.txt (80)"
    `)
})

test('a key that a function computes is a column after the exchange', () => {
  const job = new Job()
  const byYear = aggregateNode(
    job.jsonl('orders'),
    [{ kind: 'function', fn: job.fn('yearOf'), as: 'year' }],
    [{ as: 'total', spec: { op: 'sum', column: 'amount' } }],
    'object',
  )
  expect(beforeAfter(job, [result(byYear)], placeExchanges, { partitions: 3 })).toMatchInlineSnapshot(`
    "result
      aggregate complete by [#0 as "year"]: ["total" = sum("amount")] object (2)
        scan orders/*.jsonl (2)
    --->
    result
      aggregate final by ["year" as "year"]: ["total" = sum("amount")] object (3)
        exchange hash("year"; 3) (3)
          aggregate partial by [#0 as "year"]: ["total" = sum("amount")] object (2)
            scan orders/*.jsonl (2)"
  `)
})

test('distinct is divided by all columns', () => {
  const job = new Job()
  const distinct = aggregateNode(job.text('a'), 'all', [], 'object')
  expect(beforeAfter(job, [result(distinct)], placeExchanges, { partitions: 4 })).toMatchInlineSnapshot(`
    "result
      aggregate complete by *: [] object (2)
        scan a/*.txt (2)
    --->
    result
      aggregate final by *: [] object (4)
        exchange hash(*; 4) (4)
          aggregate partial by *: [] object (2)
            scan a/*.txt (2)"
  `)
})

test('an aggregation without keys is gathered, and what is above it has one task and no exchange', () => {
  const job = new Job()
  expect(
    beforeAfter(job, [result(valueCounts(count(job.text('a', 80))))], placeExchanges),
  ).toMatchInlineSnapshot(`
    "result
      aggregate complete by ["value" as "value"]: ["count" = count] object (80)
        aggregate complete by []: ["n" = count] scalar (80)
          scan a/*.txt (80)
    --->
    result
      aggregate complete by ["value" as "value"]: ["count" = count] object (1)
        aggregate final by []: ["n" = count] scalar (1)
          exchange gather (1)
            aggregate partial by []: ["n" = count] scalar (80)
              scan a/*.txt (80)"
  `)
})

test('one task aggregates without an exchange', () => {
  const job = new Job()
  expect(beforeAfter(job, [result(valueCounts(job.text('a', 1)))], placeExchanges)).toMatchInlineSnapshot(`
    "result
      aggregate complete by ["value" as "value"]: ["count" = count] object (1)
        scan a/*.txt (1)
    --->
    result
      aggregate complete by ["value" as "value"]: ["count" = count] object (1)
        scan a/*.txt (1)"
  `)
})

test('equal aggregations of the same rows share their exchange', () => {
  const job = new Job()
  const words = wordsNode(job.text('a', 80))
  const outputs = [write(valueCounts(words), 'csv'), write(mapNode(valueCounts(words), job.fn('f')), 'jsonl')]
  expect(beforeAfter(job, outputs, placeExchanges)).toMatchInlineSnapshot(`
    "csv
      aggregate complete by ["value" as "value"]: ["count" = count] object (80)
        @1 = words (80)
          scan a/*.txt (80)
    jsonl
      rows map #0 (80)
        aggregate complete by ["value" as "value"]: ["count" = count] object (80)
          @1
    --->
    csv
      aggregate final by ["value" as "value"]: ["count" = count] object (3)
        @1 = exchange hash("value"; 3) (3)
          aggregate partial by ["value" as "value"]: ["count" = count] object (80)
            words (80)
              scan a/*.txt (80)
    jsonl
      rows map #0 (3)
        aggregate final by ["value" as "value"]: ["count" = count] object (3)
          @1"
  `)
})

test('the limit of a result is left to the tasks', () => {
  const job = new Job()
  expect(beforeAfter(job, [result(limitNode(job.text('a'), 5))], placeExchanges)).toMatchInlineSnapshot(`
    "result
      limit 5 (2)
        scan a/*.txt (2)
    --->
    result until 5 rows
      limit 5 (2)
        scan a/*.txt (2)"
  `)
})

test('a limit in the middle meets in one task', () => {
  const job = new Job()
  const outputs = [result(count(limitNode(job.text('a'), 5)))]
  expect(beforeAfter(job, outputs, placeExchanges)).toMatchInlineSnapshot(`
    "result
      aggregate complete by []: ["n" = count] scalar (2)
        limit 5 (2)
          scan a/*.txt (2)
    --->
    result
      aggregate complete by []: ["n" = count] scalar (1)
        limit 5 (1)
          exchange gather (1)
            limit 5 (2)
              scan a/*.txt (2)"
  `)
})

test('a limit that two outputs read is exact for both', () => {
  const job = new Job()
  const limit = limitNode(job.text('a'), 5)
  expect(beforeAfter(job, [result(limit), write(limit)], placeExchanges)).toMatchInlineSnapshot(`
    "result
      @1 = limit 5 (2)
        scan a/*.txt (2)
    jsonl
      @1
    --->
    result
      @1 = limit 5 (1)
        exchange gather (1)
          limit 5 (2)
            scan a/*.txt (2)
    jsonl
      @1"
  `)
})

test('partitions come from the nearest with above, then from the options, then from the bytes below', () => {
  const job = new Job()
  const counts = () => valueCounts(job.text('a', 80))
  const partitionsOf = (node: LogicalNode, options = {}) =>
    /hash\("value"; (\d+)\)/.exec(beforeAfter(job, [result(node)], placeExchanges, options))?.[1]
  expect(partitionsOf(counts())).toBe('3')
  expect(partitionsOf(counts(), { partitions: 7 })).toBe('7')
  const asked = withNode(mapNode(withNode(counts(), { partitions: 5 }), job.fn('f')), { partitions: 9 })
  expect(partitionsOf(asked, { partitions: 7 })).toBe('5')
  expect(partitionsOf(withNode(mapNode(counts(), job.fn('f')), { partitions: 9 }))).toBe('9')
  expect(partitionsOf(valueCounts(withNode(job.text('a', 80), { partitions: 9 })))).toBe('3')
})

test('there is a partition per 32 MiB, from 1 to 256', () => {
  expect([0, 1, 32 * MIB, 32 * MIB + 1, 1e12].map(defaultPartitions)).toEqual([1, 1, 1, 2, 256])
})
