import { expect, test } from 'vitest'
import { aggregateNode, estimatePlan, plan, type StageId } from '../../../planner/index.ts'
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
