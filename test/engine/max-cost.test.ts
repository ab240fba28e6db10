import { type Engine, range } from 'dunlin'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { retryJob } from '../../src/engine/resume.ts'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
let engine: Engine
beforeAll(async () => {
  place = await workplace()
  const local = place.engine({ isolation: 'inline' })
  const dollars = { perGbSecond: 1e-6, perTask: 1e-5, perGet: 1e-7, perPut: 1e-6, priced: 'here, 2026-11' }
  engine = { ...local, facts: { ...local.facts, dollars } }
})
afterAll(() => place.close())

const sums = () =>
  range(1_000, { splitRows: 100 })
    .map(n => n % 7)
    .valueCounts()

test('a job whose next task might cost too much ends with what it has spent, and a retry that may cost more goes on', async () => {
  const output = sums().write.jsonl('out/dear/')
  const asked = output.run({ engine, maxCost: 1e-6 })
  const error = await asked.catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'MAX_COST',
    message: expect.stringContaining('has spent $0,'),
    hint: expect.stringContaining('dunlin jobs retry'),
    place: { stage: 0, job: expect.any(String) },
  })
  expect(await place.names('out/dear')).toEqual([])
  const { job } = (error as { place: { job: string } }).place
  await expect(retryJob(job, { engine })).rejects.toMatchObject({ code: 'MAX_COST' })
  const { report } = await retryJob(job, { engine, maxCost: 1 })
  expect(report).toMatchObject({ state: 'succeeded', cost: { priced: 'here, 2026-11' } })
  expect(report.cost!.dollars).toBeLessThan(1)
})

test('a report says what a job has cost, by stage and in total', async () => {
  const { cost, stages, requests, attempts } = await sums().write.jsonl('out/told/').run({ engine })
  // The index of the exchange is an invocation, too.
  expect(cost).toMatchObject({ invocations: attempts + 1, guessedGbSeconds: 0, requests })
  expect(stages.reduce((sum, stage) => sum + stage.cost!.dollars, 0)).toBeCloseTo(cost!.dollars, 12)
})

test('what is no sum of dollars is refused', async () => {
  for (const maxCost of [0, -1, Number.NaN]) {
    await expect(sums().count({ engine, maxCost })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  }
})
