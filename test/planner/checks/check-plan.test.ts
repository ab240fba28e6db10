import { describe, expect, test } from 'vitest'
import {
  aggregateNode,
  distinctByNode,
  filterNode,
  flatMapNode,
  type LogicalNode,
  type LogicalOutput,
  limitNode,
  mapBatchesNode,
  mapNode,
  repartitionNode,
  sampleNode,
  scanNode,
  selectNode,
  sortNode,
  topNode,
  unionNode,
  withNode,
  wordsNode,
} from '../../../planner/index.ts'
import { type Job, write } from '../job.ts'
import { refusal } from './refusal.ts'

const count = { as: 'n', spec: { op: 'count' } } as const
const column = (name: string, as = name) => ({ kind: 'column', column: name, as }) as const
const by = (name: string) => ({ kind: 'column', column: name, direction: 'asc', nulls: 'last' }) as const
const byValue = (input: LogicalNode) => aggregateNode(input, [column('value')], [count], 'object')

describe('outputs', () => {
  test.each<[string, string, (job: Job) => readonly LogicalOutput[]]>([
    [
      'none',
      'INVALID_PLAN | the job has no outputs | Give run() at least one output, as dataset.write.csv(…) makes.',
      () => [],
    ],
    [
      'two to one directory',
      'INVALID_PLAN | two outputs of the job write to ./out/ | Give each output a directory of its own.',
      job => [write(job.text('a'), 'csv', 'out'), write(job.text('b'), 'csv', './out/')],
    ],
    [
      'one inside another',
      'INVALID_PLAN | the output s3://b/out/a/ lies inside the output s3://b/out | Give each output a directory of its own, next to the other.',
      job => [write(job.text('a'), 'csv', 's3://b/out'), write(job.text('b'), 'csv', 's3://b/out/a/')],
    ],
    [
      'where the job reads, by the glob',
      'INVALID_PLAN | the output a is also read by the job: a/*.txt | Write to another directory, and move it when the job has ended.',
      job => [write(job.text('a'), 'csv', 'a')],
    ],
    [
      'where the job reads, by the listing',
      'INVALID_PLAN | the output /data/sub is also read by the job: file:///data/sub/x | Write to another directory, and move it when the job has ended.',
      job => [write(job.files([{ key: 'y' }, { key: 'sub/x' }]), 'csv', '/data/sub')],
    ],
  ])('%s', (_, expected, make) => expect(refusal(make)).toBe(expected))

  test.each<[string, (job: Job) => readonly LogicalOutput[]]>([
    [
      'next to each other',
      job => [write(job.text('a'), 'csv', 'out/a'), write(job.text('a'), 'csv', 'out/ab')],
    ],
    ['below what is read', job => [write(job.text('a'), 'csv', 'a/out/')]],
    [
      'the same path of another bucket',
      job => [write(job.text('a'), 'csv', 's3://x/o'), write(job.text('a'), 'csv', 's3://y/o')],
    ],
    ['next to what was listed', job => [write(job.files([{ key: 'subtle/x' }]), 'csv', '/data/sub')]],
  ])('planned: %s', (_, make) => expect(refusal(make)).toBe('planned'))
})

describe('records that text cannot hold', () => {
  test('the result of an aggregation', () => {
    expect(refusal(job => [write(filterNode(byValue(job.text('a')), job.fn('often')), 'text')])).toBe(
      'INVALID_PLAN | write.text("out/text/") takes a scalar a line, but is given records with the columns value, n | ' +
        'Use write.csv or write.jsonl, or map each record to a string.',
    )
  })

  test('pairs', () => {
    const pairs = (job: Job) =>
      aggregateNode(
        job.jsonl('a'),
        [column('key')],
        [{ as: 'value', spec: { op: 'sum', column: 'value' } }],
        'pair',
      )
    expect(refusal(job => [write(pairs(job), 'text')])).toContain('but is given pairs')
  })

  test.each<[string, (job: Job) => LogicalNode]>([
    ['strings made of them', job => mapNode(byValue(job.text('a')), job.fn('line'))],
    ['distinct lines', job => aggregateNode(job.text('a'), 'all', [], 'object')],
    ['a count', job => aggregateNode(job.text('a'), [], [count], 'scalar')],
    ['numbers', () => scanNode({ kind: 'range', start: 0, end: 9, step: 1 })],
  ])('planned: %s', (_, make) => expect(refusal(job => [write(make(job), 'text')])).toBe('planned'))
})

describe('columns that are known not to be there', () => {
  test('says which there are, and where', () => {
    expect(
      refusal(job => selectNode(byValue(job.text('a')), [{ from: 'total', as: 't' }], 'job.ts:7:3')),
    ).toBe('UNKNOWN_COLUMN | select: there is no column "total" | The records have: value, n. | job.ts:7:3')
  })

  test.each<[string, (job: Job) => LogicalNode]>([
    ['a key', job => aggregateNode(job.text('a'), [column('word')], [count], 'object')],
    [
      'an aggregation',
      job => aggregateNode(job.text('a'), [], [{ as: 't', spec: { op: 'sum', column: 'x' } }], 'object'),
    ],
    ['of a sort', job => sortNode(job.text('a'), [by('x')])],
    ['of a top', job => topNode(job.text('a'), [by('x')], 3)],
    ['of a distinct', job => distinctByNode(job.text('a'), [column('x')])],
    ['of a repartition', job => repartitionNode(job.text('a'), 3, ['x'])],
    ['below a sort', job => selectNode(sortNode(job.text('a'), [by('value')]), [{ from: 'x', as: 'x' }])],
    [
      'below a distinct, a sample and a repartition',
      job =>
        selectNode(distinctByNode(sampleNode(repartitionNode(job.text('a'), 2), 0.5, 0), [column('value')]), [
          { from: 'x', as: 'x' },
        ]),
    ],
    ['below a filter', job => selectNode(filterNode(job.text('a'), job.fn('f')), [{ from: 'x', as: 'x' }])],
    [
      'in all of a union',
      job => selectNode(unionNode([job.text('a'), job.text('b')]), [{ from: 'x', as: 'x' }]),
    ],
  ])('%s', (_, make) => expect(refusal(make)).toContain('UNKNOWN_COLUMN'))

  test.each<[string, (job: Job) => LogicalNode]>([
    ['of a map', job => selectNode(mapNode(job.text('a'), job.fn('f')), [{ from: 'x', as: 'x' }])],
    ['of jsonl', job => selectNode(job.jsonl('a'), [{ from: 'x', as: 'x' }])],
    ['of a union', job => selectNode(unionNode([job.text('a'), job.jsonl('b')]), [{ from: 'x', as: 'x' }])],
  ])('planned, as it may be there: %s', (_, make) => expect(refusal(make)).toBe('planned'))

  test('the verb is called as people write it', () => {
    expect(refusal(job => sortNode(job.text('a'), [by('x')], 'job.ts:2'))).toBe(
      'UNKNOWN_COLUMN | sortBy: there is no column "x" | The records have: value. | job.ts:2',
    )
    expect(refusal(job => distinctByNode(job.text('a'), [column('x')]))).toContain('distinct: there is no')
  })

  test('words of records that are no lines', () => {
    expect(refusal(job => wordsNode(byValue(job.text('a'))))).toContain('words: the records are not lines')
  })
})

describe('functions that must answer at once', () => {
  const user = (job: Job) => {
    const [init, merge, finish] = ['init', 'merge', 'finish'].map(name => job.fn(name)) as [
      never,
      never,
      never,
    ]
    return { op: 'user', init, add: job.fn('add', { async: true, at: 'job.ts:9' }), merge, finish } as const
  }
  test.each<[string, string, (job: Job) => LogicalNode]>([
    [
      'filter',
      'USER_FUNCTION | the filter function exists is async, but must answer at once | Await in a map before it, and use what that returns. | job.ts:4',
      job => filterNode(job.text('a'), job.fn('exists', { async: true }), 'job.ts:4'),
    ],
    [
      'key',
      'USER_FUNCTION | the key function hostOf is async, but must answer at once | Await in a map before it, and use what that returns.',
      job =>
        aggregateNode(
          job.text('a'),
          [{ kind: 'function', fn: job.fn('hostOf', { async: true }), as: 'k' }],
          [count],
          'object',
        ),
    ],
    [
      'key to sort by',
      'USER_FUNCTION | the key function rank is async, but must answer at once | Await in a map before it, and use what that returns. | job.ts:8',
      job =>
        sortNode(
          job.text('a'),
          [{ kind: 'function', fn: job.fn('rank', { async: true }), direction: 'asc', nulls: 'last' }],
          'job.ts:8',
        ),
    ],
    [
      'key to be distinct by',
      'USER_FUNCTION | the key function host is async, but must answer at once | Await in a map before it, and use what that returns.',
      job =>
        distinctByNode(job.text('a'), [{ kind: 'function', fn: job.fn('host', { async: true }), as: 'k' }]),
    ],
    [
      'aggregation',
      'USER_FUNCTION | the aggregation function add is async, but must answer at once | Await in a map before it, and use what that returns. | job.ts:9',
      job => aggregateNode(job.text('a'), [], [{ as: 'x', spec: user(job) }], 'object'),
    ],
  ])('%s', (_, expected, make) => expect(refusal(make)).toBe(expected))

  test('map, flatMap and mapBatches are awaited', () => {
    const load = (job: Job) => job.fn('load', { async: true })
    const make = (job: Job) =>
      mapBatchesNode(flatMapNode(mapNode(job.text('a'), load(job)), load(job)), load(job), 8)
    expect(refusal(make)).toBe('planned')
  })
})

describe('arguments', () => {
  const range = (start: number, end: number, step: number) => () =>
    scanNode({ kind: 'range', start, end, step })
  test.each<[string, string, (job: Job) => LogicalNode]>([
    [
      'a negative limit',
      'limit: rows must be a whole number from 0, not -1',
      job => limitNode(job.text('a'), -1),
    ],
    [
      'half a row',
      'limit: rows must be a whole number from 0, not 0.5',
      job => limitNode(job.text('a'), 0.5),
    ],
    ['batches of none', 'mapBatches: size must be', job => mapBatchesNode(job.text('a'), job.fn('f'), 0)],
    ['splits of none', 'read: splitBytes must be', job => job.files([], 0)],
    ['no memory', 'with: memoryMb must be', job => withNode(job.text('a'), { memoryMb: 0 })],
    ['a union of none', 'union: no dataset is given', () => unionNode([])],
    ['a select of none', 'select: no column is named', job => selectNode(job.text('a'), [])],
    [
      'a column twice',
      'select: two columns of the result would be called x',
      job =>
        selectNode(job.jsonl('a'), [
          { from: 'a', as: 'x' },
          { from: 'b', as: 'x' },
        ]),
    ],
    [
      'a key and an aggregation of one name',
      'aggregate: two columns of the result would be called n',
      job => aggregateNode(job.jsonl('a'), [column('n')], [count], 'object'),
    ],
    [
      'an aggregation of nothing',
      'aggregate: neither a key',
      job => aggregateNode(job.jsonl('a'), [], [], 'object'),
    ],
    ['a sort by nothing', 'sortBy: no key is given', job => sortNode(job.text('a'), [])],
    ['a top by nothing', 'top: no key is given', job => topNode(job.text('a'), [], 3)],
    [
      'a negative top',
      'top: rows must be a whole number from 0, not -1',
      job => topNode(job.text('a'), [by('value')], -1),
    ],
    ['a distinct by nothing', 'distinct: no key is given', job => distinctByNode(job.text('a'), [])],
    [
      'more than all',
      'sample: fraction must be a number from 0 to 1, not 1.5',
      job => sampleNode(job.text('a'), 1.5, 0),
    ],
    [
      'not a number of rows',
      'sample: fraction must be a number from 0 to 1, not NaN',
      job => sampleNode(job.text('a'), Number.NaN, 0),
    ],
    ['half a seed', 'sample: seed must be a whole number', job => sampleNode(job.text('a'), 0.5, 0.5)],
    [
      'no partitions',
      'repartition: partitions must be a whole number from 1, not 0',
      job => repartitionNode(job.text('a'), 0),
    ],
    [
      'too many partitions',
      'repartition: 10001 partitions are asked for, and there may be 10000 at most',
      job => repartitionNode(job.text('a'), 10_001),
    ],
    [
      'too many partitions by a key',
      'repartition: 1000000 partitions are asked for, and there may be 10000 at most',
      job => repartitionNode(job.text('a'), 1_000_000, ['value']),
    ],
    [
      'too many partitions below',
      'with: 10001 partitions are asked for, and there may be 10000 at most',
      job => withNode(job.text('a'), { partitions: 10_001 }),
    ],
    [
      'a repartition by nothing',
      'repartition: no key is given',
      job => repartitionNode(job.text('a'), 2, []),
    ],
    ['a range that stands still', 'range: 0 to 9 by 0', range(0, 9, 0)],
    ['a range without an end', 'range: 0 to Infinity by 1', range(0, Number.POSITIVE_INFINITY, 1)],
  ])('%s', (_, message, make) => expect(refusal(make)).toContain(`INVALID_PLAN | ${message}`))

  test.each<[string, (job: Job) => LogicalNode]>([
    ['a limit of 0', job => limitNode(job.text('a'), 0)],
    ['a top of 0', job => topNode(job.text('a'), [by('value')], 0)],
    ['a sample of none', job => sampleNode(job.text('a'), 0, -1)],
    ['a sample of all', job => sampleNode(job.text('a'), 1, 7)],
    ['a repartition into one', job => repartitionNode(job.text('a'), 1, ['value'])],
    ['a repartition into 10,000', job => repartitionNode(job.text('a'), 10_000)],
    ['10,000 partitions below', job => withNode(job.text('a'), { partitions: 10_000 })],
    ['more of anything else', job => withNode(job.text('a'), { memoryMb: 10_001, timeoutMs: 10_001 })],
  ])('planned: %s', (_, make) => expect(refusal(make)).toBe('planned'))

  test.each<[string, (job: Job) => LogicalNode]>([
    ['repartition', job => repartitionNode(job.text('a'), 10_001, undefined, 'job.ts:5')],
    ['with', job => withNode(job.text('a'), { partitions: 10_001 }, 'job.ts:5')],
  ])('%s of too many partitions has its place', (verb, make) => {
    expect(refusal(make)).toBe(
      `INVALID_PLAN | ${verb}: 10001 partitions are asked for, and there may be 10000 at most | ` +
        'Every producer makes a slice for every partition: ask for fewer. | job.ts:5',
    )
  })
})
