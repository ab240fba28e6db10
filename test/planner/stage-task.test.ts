import { expect, test } from 'vitest'
import {
  aggregateNode,
  mapNode,
  partitionsOf,
  plan,
  rootOfTask,
  splitsOfTask,
  unionNode,
} from '../../planner/index.ts'
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
