import { describe, expect, test } from 'vitest'
import {
  aggregateNode,
  filterNode,
  type LogicalNode,
  type LogicalSortKey,
  limitNode,
  mapNode,
  plan,
  type Stage,
  sampleNode,
  sortNode,
  unionNode,
  withNode,
} from '../../planner/index.ts'
import type { PlanOptions } from '../../planner/options.ts'
import { Job, result, write } from './job.ts'

const by = (column: string): LogicalSortKey => ({ kind: 'column', column, direction: 'asc', nulls: 'last' })

const stagesOf = (job: Job, node: LogicalNode, options: PlanOptions = {}): readonly Stage[] =>
  plan({ outputs: [result(node)] }, job.facts, options).plan.stages

const isRange = ({ output }: Stage): boolean =>
  output.kind === 'exchange' && output.partitioning.kind === 'range'

test('a sort of a source is sample, splitters, ranges, sort', () => {
  const job = new Job()
  const sorted = sortNode(job.records('in', 100), [{ ...by('key'), direction: 'desc' }])
  expect(plan({ outputs: [write(sorted, 'records')] }, job.facts).text).toMatchInlineSnapshot(`
    "plan 1
    code c0de
    stage 0: 100 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
      input 0: records of 100 key 0+10 "in/*.bin", fraction 0.0625, 100 splits, 6550000 bytes, listing 521c03503e42229cc1978be84f161b3ac14250553a044e1adc7fe62373be381d
      operators:
        sampleKeys 64 of 0.0625, key bytes 335544, by "key" desc nulls last
          input 0
      output: gather, 1 partitions
    stage 1: 1 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
      input 0: stage 0, 1 partitions, gather
      operators:
        splitters 4
          input 0
      output: broadcast, 1 partitions
    stage 2: 100 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
      input 0: records of 100 key 0+10 "in/*.bin", 100 splits, 104857600 bytes, listing b281423e99aab42f72e7ef632f639f9d9750b0f07d44b8b15797225280381c18
      input 1: stage 1, 1 partitions, broadcast
      operators:
        input 0
      output: range("key" desc nulls last; 4; splitters 1), 4 partitions
    stage 3: 4 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
      input 0: stage 2, 4 partitions, range("key" desc nulls last; 4; splitters 1)
      operators:
        sort by "key" desc nulls last
          input 0
      output 0: write records "out/records/" mode fail
    "
  `)
})

test('a sort of groups writes them once before it samples them', () => {
  const job = new Job()
  const keys = [{ kind: 'column', column: 'value', as: 'value' } as const]
  const counts = aggregateNode(job.text('a', 80), keys, [{ as: 'n', spec: { op: 'count' } }], 'object')
  const stages = stagesOf(job, sortNode(counts, [by('n')]))
  expect(stages.map(({ title, tasks }) => `${tasks} × ${title}`)).toMatchInlineSnapshot(`
    [
      "80 × Scan text → PartialAggregate by value: count as n",
      "3 × FinalAggregate by value: count as n",
      "3 × Sample keys",
      "1 × Splitters for 3 partitions",
      "3 × Divide by n",
      "3 × Sort by n → Result",
    ]
  `)
})

test('a union is divided task by task as it was sampled', () => {
  const job = new Job()
  const union = unionNode([job.largeJsonl('a', 2), job.largeJsonl('b', 3)])
  const [sample, , divide] = stagesOf(job, sortNode(union, [by('x')]))
  expect([sample!.tasks, divide!.tasks]).toEqual([5, 5])
  expect(divide!.layout).toBe('concat')
  expect(divide!.output).toMatchObject({ partitioning: { kind: 'range', splitters: 2 } })
  expect(divide!.inputs[2]).toMatchObject({ kind: 'exchange', partitioning: { kind: 'broadcast' } })
})

test('an async function above a sort is a step of its own there', () => {
  const job = new Job()
  const slow = mapNode(sortNode(job.jsonl('a'), [by('x')]), job.fn('fetchPage', { async: true }))
  const last = stagesOf(job, filterNode(slow, job.fn('found')), { partitions: 2 }).at(-1)!
  expect(last.root).toMatchObject({
    op: 'rows',
    input: { op: 'asyncRows', input: { op: 'sort', input: { op: 'input' } } },
  })
})

test('functions on both sides of a sample are called on both sides of it', () => {
  const job = new Job()
  const sampled = sampleNode(mapNode(job.text('a'), job.fn('f')), 0.5, 7)
  const [stage] = stagesOf(job, mapNode(sampled, job.fn('g')))
  expect(stage!.root).toMatchObject({ op: 'rows', input: { op: 'sample', input: { op: 'rows' } } })
})

test('the first of very many rows of a sort are taken from its first ranges', () => {
  const job = new Job()
  const taken = limitNode(sortNode(job.jsonl('a'), [by('x')]), 20_000)
  const last = stagesOf(job, taken, { partitions: 3 }).at(-1)!
  expect(last).toMatchObject({
    until: { rows: 20_000 },
    tasks: 3,
    root: { op: 'limit', input: { op: 'sort' } },
  })
})

describe('what with asks for', () => {
  const memory = (stages: readonly Stage[]) => stages.map(({ memoryMb }) => memoryMb)

  test('of a sort, tasks that divide its rows have, and tasks that sort them', () => {
    const job = new Job()
    const sorted = withNode(sortNode(job.jsonl('a'), [by('x')]), { memoryMb: 64, partitions: 3 })
    const stages = stagesOf(job, sorted, { memoryMb: 100 })
    expect(stages.map(isRange)).toEqual([false, false, true, false])
    expect(memory(stages)).toEqual([100, 100, 64, 64])
    expect(stages[3]!.tasks).toBe(3)
  })

  test('of a sort in one task, also those that send it their rows', () => {
    const job = new Job()
    const sorted = withNode(sortNode(job.jsonl('a'), [by('x')]), { memoryMb: 64 })
    expect(memory(stagesOf(job, sorted, { memoryMb: 100 }))).toEqual([64, 64])
  })
})
