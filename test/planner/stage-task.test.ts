import { expect, test } from 'vitest'
import {
  aggregateNode,
  type JoinNode,
  joinNode,
  type LogicalNode,
  mapNode,
  partitionsOf,
  plan,
  rootOfTask,
  sortNode,
  splitsOfTask,
  unionNode,
} from '../../planner/index.ts'
import { readersOfBroadcast } from '../../planner/stage-task.ts'
import { Job, MIB, result, write } from './job.ts'

test('each task of a union reads one partition of one input, in order', () => {
  const job = new Job()
  const shared = mapNode(job.text('a', 2), job.fn('f'))
  const files = job.files([{ sizeBytes: MIB }, { sizeBytes: MIB }, { sizeBytes: MIB }], MIB)
  const planned = plan({ outputs: [result(unionNode([shared, files])), write(shared)] }, job.facts)
  const stage = planned.plan.stages.find(({ layout }) => layout === 'concat')!
  expect(Array.from({ length: 5 }, (_, task) => partitionsOf(stage, task))).toEqual([
    [0, null],
    [1, null],
    [null, 0],
    [null, 1],
    [null, 2],
  ])
  const keys = (task: number) =>
    splitsOfTask(planned, stage, task).map(split => split?.ranges[0]?.key ?? null)
  expect(keys(0)).toEqual([null, null])
  expect(keys(4)).toEqual([null, 'part-2'])
})

test('a task of one input reads the partition of its own number', () => {
  const job = new Job()
  const planned = plan({ outputs: [result(job.text('a', 3))] }, job.facts)
  const [stage] = planned.plan.stages
  expect(partitionsOf(stage!, 2)).toEqual([2])
  expect(splitsOfTask(planned, stage!, 2)).toEqual([{ ranges: [expect.objectContaining({ key: 'part-2' })] }])
})

test('a task runs only the branch of a union that it reads: a count of nothing would be a row', () => {
  const job = new Job()
  const count = aggregateNode(job.text('a', 1), [], [{ as: 'n', spec: { op: 'count' } }], 'scalar')
  const union = unionNode([count, unionNode([job.text('b', 1), job.text('c', 1)])])
  const [stage] = plan({ outputs: [result(mapNode(union, job.fn('f')))] }, job.facts).plan.stages
  const f = { kind: 'map', fn: { fn: 0, name: 'f' } }
  expect(rootOfTask(stage!, 0)).toMatchObject({
    op: 'rows',
    steps: [f],
    input: { op: 'aggregate', input: { input: 0 } },
  })
  expect(rootOfTask(stage!, 2)).toEqual({ op: 'rows', steps: [f], input: { op: 'input', input: 2 } })
})

const joined = (left: LogicalNode, right: LogicalNode, strategy: JoinNode['strategy']): JoinNode => {
  const on = [{ left: 'a', right: 'a' }]
  return joinNode({ left, right, how: 'left', on, strategy, divideSkew: false })
}

test('a task that divides by range reads the splitters whole, after its own partition', () => {
  const job = new Job()
  const sorted = sortNode(job.largeJsonl('a', 3), [
    { kind: 'column', column: 'x', direction: 'asc', nulls: 'last' },
  ])
  const { stages } = plan({ outputs: [write(sorted)] }, job.facts).plan
  const dividing = stages.find(
    ({ output }) => output.kind === 'exchange' && output.partitioning.kind === 'range',
  )!
  expect([0, 2].map(task => partitionsOf(dividing, task))).toEqual([
    [0, 0],
    [2, 0],
  ])
  expect(rootOfTask(dividing, 2)).toEqual({ op: 'input', input: 0 })
  expect(readersOfBroadcast(dividing, 1)).toBe(3)
})

test('a task of a join reads its partition of both sides', () => {
  const job = new Job()
  const join = joined(job.jsonl('l', 3), job.jsonl('r', 2), 'exchange')
  const { stages } = plan({ outputs: [write(join)] }, job.facts, { partitions: 4 }).plan
  const stage = stages.at(-1)!
  expect(stage).toMatchObject({ layout: 'zip', tasks: 4 })
  expect(partitionsOf(stage, 3)).toEqual([3, 3])
  expect(rootOfTask(stage, 3)).toEqual(stage.root)
})

test('in a union only the tasks of a join read what is broadcast to it', () => {
  const job = new Job()
  const join = joined(unionNode([job.jsonl('a', 1), job.jsonl('b', 1)]), job.jsonl('small', 2), 'broadcast')
  const union = unionNode([job.jsonl('x', 1), mapNode(join, job.fn('f')), job.jsonl('y', 1)])
  const stage = plan({ outputs: [write(union)] }, job.facts).plan.stages.at(-1)!
  expect(stage).toMatchObject({ layout: 'concat', tasks: 4 })
  const broadcast = stage.inputs.findIndex(({ kind }) => kind === 'exchange')
  expect([0, 1, 2, 3].map(task => partitionsOf(stage, task)[broadcast])).toEqual([null, 0, 0, null])
  expect(readersOfBroadcast(stage, broadcast)).toBe(2)
  expect(rootOfTask(stage, 0)).toEqual({ op: 'input', input: 0 })
  expect(rootOfTask(stage, 2)).toMatchObject({
    op: 'rows',
    input: {
      op: 'join',
      inputs: [
        { op: 'input', input: 2 },
        { op: 'input', input: broadcast },
      ],
    },
  })
})
