import { expect, test } from 'vitest'
import { between, exactly, plus } from '../../../planner/explain/span.ts'
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
  // 80 splits of an object each, which is looked at and read; 80 commits for the manifest, which is written. Tasks without
  // rows write no object.
  expect(first).toMatchObject({
    bytesRead: bytes,
    gets: exactly(240),
    puts: between(81, 161),
    lists: exactly(0),
  })
  // 100 MB/s a task, four at once, reading all and writing all or nothing of it.
  expect(first.seconds.least).toBeCloseTo(bytes / 100e6 / 4, 10)
  expect(first.seconds.most).toBeCloseTo((bytes * 2) / 100e6 / 4, 10)
  const compute = ((bytes * 2) / 100e6) * 0.25 * 0.0000133334
  expect(first.dollars.most).toBeCloseTo(compute + 81 * 0.0000002 + 240 * 0.0000004 + 161 * 0.000005, 12)
  // Three tasks: the index in two requests, then slices of 80 producers, 20 of which may be long enough to be read twice;
  // a part and a commit, and a look at whether the job has ended.
  expect(second).toMatchObject({
    bytesRead: bytes * 0.1,
    gets: between(3 * 3, 3 * 83 + 20),
    puts: exactly(6),
    lists: exactly(3),
  })
  // The plan and the code, by one worker or by four.
  expect(total.gets).toEqual(plus(first.gets, second.gets, between(2, 8)))
  const once = { least: 2 * 0.0000004, most: 8 * 0.0000004 }
  expect(total.dollars.most).toBeCloseTo(plus(first.dollars, second.dollars, once).most, 12)
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
  expect(sample).toMatchObject({
    bytesRead: 10 * MIB,
    bytesWritten: 4 * 320 * 100,
    gets: exactly(2 * 64 + 4),
  })
  expect(splitters).toMatchObject({ bytesRead: 4 * 320 * 100, bytesWritten: 500 })
  expect(splitters.gets.least).toBe(2 + 1)
  // An object each; the index of the splitters, and the one slice that has them.
  expect(divide).toMatchObject({ bytesRead: 160 * MIB + 4 * 500, bytesWritten: 160 * MIB })
  expect(divide.gets.least).toBe(4 * 2 + 4 * 2 + 4)
  expect(sort).toMatchObject({ bytesRead: 160 * MIB, bytesWritten: 160 * MIB })
  expect(sort.gets.least).toBe(5 * 2 + 5)
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
  })
  // The index of the small side in two requests, and its two slices, which every task may have to read twice.
  expect(joined.gets).toEqual(between(40 * 2 + 40 * 2 + 40, 40 * 2 + 40 * 2 + 40 + 40 * 2 + 20))
})

test('a stage is as slow as its requests where the store answers only so many a second, and the wait is paid for', () => {
  const job = new Job()
  const keys = [{ kind: 'column', column: 'value', as: 'value' } as const]
  const counts = aggregateNode(job.text('a', 80), keys, [{ as: 'n', spec: { op: 'count' } }], 'object')
  const planned = plan({ outputs: [write(counts, 'csv')] }, job.facts)
  const engine = { ...job.facts.engine, requestsPerSecond: { gets: 24, puts: 1_000 } }
  const first = estimatePlan(planned, engine).stages.get(0 as StageId)!
  expect(first.seconds.least).toBe(10)
  const unlimited = estimatePlan(planned, job.facts.engine).stages.get(0 as StageId)!
  const waits = (10 - unlimited.seconds.least) * 4 * 0.25 * 0.0000133334
  expect(first.dollars.least - unlimited.dollars.least).toBeCloseTo(waits, 12)
})

test('memory is paid for by the size that workers have', () => {
  const job = new Job()
  const planned = plan({ outputs: [write(job.text('a', 2), 'csv')] }, job.facts)
  const engine = { ...job.facts.engine, dollars: { perGbSecond: 1, perTask: 0, perGet: 0, perPut: 0 } }
  const asked = estimatePlan(planned, engine).total.dollars.most
  const given = estimatePlan(planned, { ...engine, memorySizesMb: [128, 1_024] }).total.dollars.most
  expect(given).toBeCloseTo(4 * asked, 12)
})

test('objects that are long by the facts are counted with their parts', () => {
  const job = new Job()
  const planned = plan({ outputs: [write(job.largeJsonl('a', 2), 'jsonl')] }, job.facts)
  const uploads = { longestPutBytes: 16 * MIB, partBytes: 8 * MIB, partsPerLength: 1_000 }
  const { puts } = estimatePlan(planned, { ...job.facts.engine, uploads }).total
  // Two objects of 40 MiB: five parts, a beginning and an end each, and a commit.
  const actual = 2 * (5 + 2 + 1)
  expect(puts.least).toBeLessThanOrEqual(actual)
  expect(puts.most).toBeGreaterThanOrEqual(actual)
})
