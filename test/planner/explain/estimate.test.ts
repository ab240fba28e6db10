import { expect, test } from 'vitest'
import {
  aggregateNode,
  estimatePlan,
  joinNode,
  plan,
  type StageId,
  sortNode,
} from '../../../planner/index.ts'
import { Job, MIB, write } from '../job.ts'

test('requests, seconds and dollars follow from sizes, tasks and the engine', () => {
  const job = new Job()
  const keys = [{ kind: 'column', column: 'value', as: 'value' } as const]
  const counts = aggregateNode(job.text('a', 80), keys, [{ as: 'n', spec: { op: 'count' } }], 'object')
  const planned = plan({ outputs: [write(counts, 'csv')] }, job.facts)
  const { stages, total } = estimatePlan(planned, job.facts.engine)
  const bytes = 80 * MIB
  const [first, second] = [stages.get(0 as StageId)!, stages.get(1 as StageId)!]
  // 80 splits of an object each; an object and a commit a task, and the exchange's manifest.
  expect(first).toMatchObject({ bytesRead: bytes, gets: 80, puts: 161 })
  // 100 MB/s a task, four at once, reading all and writing a tenth.
  expect(first.seconds).toBeCloseTo((bytes * 1.1) / 100e6 / 4, 10)
  const compute = ((bytes * 1.1) / 100e6) * 0.25 * 0.0000133334
  expect(first.dollars).toBeCloseTo(compute + 80 * 0.0000002 + 80 * 0.0000004 + 161 * 0.000005, 12)
  // Three tasks: a row of the manifest and a slice of each of 80 producers.
  expect(second).toMatchObject({ bytesRead: bytes * 0.1, gets: 3 * 81, puts: 7 })
  expect(total.gets).toBe(first.gets + second.gets)
  expect(total.dollars).toBeCloseTo(first.dollars + second.dollars, 12)
})

test('a sort reads a part of its source to sample it, and the splitters in every task', () => {
  const job = new Job()
  const sorted = sortNode(job.largeJsonl('a', 4), [
    { kind: 'column', column: 'x', direction: 'asc', nulls: 'last' },
  ])
  const planned = plan({ outputs: [write(sorted)] }, job.facts)
  const { stages } = estimatePlan(planned, job.facts.engine)
  const [sample, splitters, divide, sort] = [0, 1, 2, 3].map(id => stages.get(id as StageId)!)
  // Pieces of 160 KiB, 16 a task. 320 samples a task, taken for rows of 100 bytes.
  expect(sample).toMatchObject({ bytesRead: 10 * MIB, bytesWritten: 4 * 320 * 100, gets: 64 })
  expect(splitters).toMatchObject({ bytesRead: 4 * 320 * 100, bytesWritten: 500, gets: 5 })
  // An object each; a row of the manifest and a slice of the splitters.
  expect(divide).toMatchObject({ bytesRead: 160 * MIB + 4 * 500, bytesWritten: 160 * MIB, gets: 4 + 4 * 2 })
  expect(sort).toMatchObject({ bytesRead: 160 * MIB, bytesWritten: 160 * MIB, gets: 5 * 5 })
})

test('what is broadcast is read by every task of a join', () => {
  const job = new Job()
  const on = [{ left: 'a', right: 'a' }]
  const sides = { left: job.jsonl('l', 40), right: job.jsonl('r', 2) }
  const join = joinNode({ ...sides, how: 'inner', on, strategy: 'auto', divideSkew: 'auto' })
  const planned = plan({ outputs: [write(join)] }, job.facts)
  const { stages } = estimatePlan(planned, job.facts.engine)
  const joined = stages.get(1 as StageId)!
  expect(joined).toMatchObject({
    bytesRead: 40 * MIB + 40 * 2 * MIB,
    bytesWritten: 42 * MIB,
    gets: 40 + 40 * 3,
  })
})
