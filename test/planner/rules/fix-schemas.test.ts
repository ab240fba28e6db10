import { describe, expect, test } from 'vitest'
import type { WriteFormat } from '../../../operators/index.ts'
import {
  aggregateNode,
  filterNode,
  flatMapNode,
  joinNode,
  type LogicalNode,
  type LogicalSortKey,
  mapBatchesNode,
  mapNode,
  repartitionNode,
  sampleNode,
  selectNode,
  sortNode,
  unionNode,
  wordsNode,
} from '../../../planner/index.ts'
import { fixSchemas } from '../../../planner/rules/fix-schemas.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
import { Job, write } from '../job.ts'
import { beforeAfter } from './before-after.ts'

const SCHEMA = { shape: 'object', fields: [{ name: 'a', type: { kind: 'utf8' } }] } as const

test('rows that a function makes meet at one more exchange before a csv', () => {
  const job = new Job()
  expect(
    beforeAfter(job, [write(mapNode(job.text('a'), job.fn('parse')), 'csv')], fixSchemas),
  ).toMatchInlineSnapshot(`
      "csv
        rows map #0 (2)
          scan a/*.txt (2)
      --->
      csv
        exchange none (2)
          rows map #0 (2)
            scan a/*.txt (2)"
    `)
})

function isBounded(make: (job: Job) => LogicalNode, format: WriteFormat = 'arrow'): boolean {
  const job = new Job()
  const text = beforeAfter(job, [write(make(job), format)], [placeExchanges, fixSchemas], { partitions: 2 })
  return /\n {2}exchange none/.test(text)
}

describe('needed', () => {
  test.each<[string, (job: Job) => LogicalNode]>([
    ['a flatMap', job => flatMapNode(job.text('a'), job.fn('split'))],
    ['a mapBatches', job => mapBatchesNode(job.text('a'), job.fn('all'), 10)],
    ['a filter over a map', job => filterNode(mapNode(job.text('a'), job.fn('f')), job.fn('g'))],
    ['a select over a map', job => selectNode(mapNode(job.text('a'), job.fn('f')), [{ from: 'a', as: 'a' }])],
    ['jsonl without a schema', job => job.jsonl('a')],
    ['values in several files without a schema', job => job.values([{ batches: 1 }, { batches: 1 }], 1)],
    ['a union of different schemas', job => unionNode([job.text('a'), job.jsonl('b', 1, SCHEMA)])],
    ['a map above an aggregation', job => mapNode(counts(job.text('a')), job.fn('f'))],
    ['an aggregation whose result a function makes', job => longest(job)],
    ['a sample of jsonl', job => sampleNode(job.jsonl('a'), 0.5, 1)],
    ['a join with undeclared rows', job => joined(job.jsonl('a'), job.jsonl('b', 1, SCHEMA))],
  ])('%s', (_, make) => expect(isBounded(make)).toBe(true))
})

describe('not needed', () => {
  test.each<[string, (job: Job) => LogicalNode]>([
    ['words', job => wordsNode(job.text('a'))],
    ['a filter over text', job => filterNode(job.text('a'), job.fn('long'))],
    ['jsonl with a schema', job => job.jsonl('a', 2, SCHEMA)],
    ['a select over a schema', job => selectNode(job.jsonl('a', 2, SCHEMA), [{ from: 'a', as: 'b' }])],
    ['one file of values', job => job.values([{ batches: 9 }], 1)],
    ['values with a schema', job => job.values([{ batches: 1 }, { batches: 1 }], 1, SCHEMA)],
    ['a union of equal schemas', job => unionNode([job.text('a'), wordsNode(job.text('b'))])],
    ['an aggregation above an exchange', job => counts(mapNode(job.text('a'), job.fn('f')))],
    ['a filter above that', job => filterNode(counts(job.text('a')), job.fn('often'))],
    ['a sort', job => sortNode(job.jsonl('a'), [yearOf(job)])],
    ['a repartition', job => repartitionNode(job.jsonl('a'), 3)],
    ['a sample of text', job => sampleNode(job.text('a'), 0.5, 1)],
    ['fixed-length records', job => job.records('a')],
    ['a join of rows with schemas', job => joined(job.jsonl('a', 2, SCHEMA), job.jsonl('b', 1, SCHEMA))],
    ['a map in one task', job => mapNode(job.text('a', 1), job.fn('f'))],
  ])('%s', (_, make) => expect(isBounded(make)).toBe(false))

  test.each<WriteFormat>(['text', 'jsonl'])('a map before %s', format => {
    expect(isBounded(job => mapNode(job.text('a'), job.fn('f')), format)).toBe(false)
  })
})

function yearOf(job: Job): LogicalSortKey {
  return { kind: 'function', fn: job.fn('year'), direction: 'asc', nulls: 'last' }
}

function joined(left: LogicalNode, right: LogicalNode): LogicalNode {
  const on = [{ left: 'a', right: 'a' }]
  return joinNode({ left, right, how: 'semi', on, strategy: 'broadcast', divideSkew: false })
}

function counts(input: LogicalNode): LogicalNode {
  const keys = [{ kind: 'column', column: 'value', as: 'value' } as const]
  return aggregateNode(input, keys, [{ as: 'count', spec: { op: 'count' } }], 'object')
}

function longest(job: Job): LogicalNode {
  const [init, add, merge, finish] = ['init', 'add', 'merge', 'finish'].map(name => job.fn(name))
  const spec = { op: 'user', init: init!, add: add!, merge: merge!, finish: finish! } as const
  const keys = [{ kind: 'column', column: 'value', as: 'value' } as const]
  return aggregateNode(job.text('a'), keys, [{ as: 'longest', spec }], 'object')
}
