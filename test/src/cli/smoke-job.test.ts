import { afterAll, beforeAll, expect, it } from 'vitest'
import { smoke } from '../../../src/cli/smoke-job.ts'
import { type Workplace, workplace } from '../../engine/workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

it('the smoke jobs are evidence of versions, engine, requests and what each stage did', async () => {
  const { versions, engine, jobs, requests, at } = await smoke(place.engine())
  expect(versions).toEqual({ dunlin: expect.stringMatching(/^\d/), node: process.versions.node })
  expect(engine).toBe('local')
  expect(Date.parse(at)).toBeGreaterThan(0)
  expect(jobs.map(({ what, rows, report }) => ({ what, rows, state: report.state }))).toEqual([
    { what: 'a word count', rows: 12, state: 'succeeded' },
    { what: 'a sort that moves rows between tasks', rows: 40_000, state: 'succeeded' },
  ])
  expect(requests.gets).toBe(jobs[0]!.report.requests.gets + jobs[1]!.report.requests.gets)
  expect(jobs[1]!.report.stages.length).toBeGreaterThan(2)
})
