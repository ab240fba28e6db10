/** Whole jobs as waves of invocations: the SDK's client, a Lambda service on this machine, the function as it is deployed. */
import { type Engine, type JobReport, local, read } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LambdaService } from '../../../lambda/local-service/index.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { type Workplace, workplace } from '../../engine/workplace.ts'
import { type LambdaSetup, openLambda } from '../../fixtures/lambda-service.ts'

let place: Workplace
let text: string
beforeAll(async () => {
  place = await workplace()
  const words = ['whale', 'sea', 'ship', 'ahab', 'pequod', 'ishmael', 'white', 'harpoon']
  const lines = Array.from({ length: 6_000 }, (_, i) => `${words[i % 8]} ${words[(i * i) % 7]} ${i % 501}`)
  text = await place.write('text/in.txt', `${lines.join('\n')}\n`)
})
afterAll(() => place.close())

const count = (engine: Engine, output: string): Promise<JobReport> =>
  read
    .text(text, { splitBytes: 4_000 })
    .flatMap(line => line.split(' '))
    .valueCounts()
    .write.csv(output)
    .run({ engine })

interface OnLambda {
  readonly service: LambdaService
  readonly report: JobReport
}

async function onLambda(name: string, options: Partial<LambdaSetup> = {}): Promise<OnLambda> {
  const engine = local({ directory: place.path(`${name}-store`), base: place.directory, isolation: 'inline' })
  const { service, backend } = await openLambda({ slots: 8, ...options })
  try {
    const report = await count({ ...engine, name: 'lambda', compute: backend }, `${name}-out`)
    return { service, report }
  } finally {
    await backend.close()
    await engine.close()
  }
}

describe('word count as waves of invocations', () => {
  let expected: string
  beforeAll(async () => {
    await count(place.engine(), 'local-out')
    expected = await place.output('local-out')
  })

  it('gives the bytes of the local engine, from several environments that are used again', async () => {
    const { service, report } = await onLambda('plain')
    expect(await place.output('plain-out')).toBe(expected)
    expect(report.retries).toBe(0)
    const colds = service.log.filter(({ cold }) => cold).length
    expect(service.environments).toBeGreaterThan(2)
    expect(colds).toBe(service.environments)
    expect(service.log.length).toBeGreaterThan(2 * colds)
  }, 60_000)

  it('gives the same bytes where invocations are throttled, environments killed and answers lost', async () => {
    const faults = { seed: 7, throttled: 0.2, killed: 0.05, lostResponse: 0.05 }
    const { service, report } = await onLambda('faulty', { faults })
    expect(await place.output('faulty-out')).toBe(expected)
    const { throttled, killed, lostResponse } = service.faults.struck
    expect(Math.min(throttled, killed, lostResponse)).toBeGreaterThan(0)
    expect(report.retries).toBeGreaterThan(0)
    expect(await place.names('faulty-out')).not.toContain('_dunlin')
  }, 120_000)

  it('gives the same bytes as events, whose results come through the store, and holds no connection', async () => {
    const failures = new MemoryStore({ name: 'no-failures' })
    const { service, report } = await onLambda('events', { mode: 'event', failures })
    expect(await place.output('events-out')).toBe(expected)
    expect(report.retries).toBe(0)
    expect(new Set(service.log.map(({ type }) => type))).toEqual(new Set(['Event']))
    const jobs = await place.names('events-store/jobs')
    expect(await place.names(`events-store/jobs/${jobs[0]}`)).not.toContain('answers')
  }, 60_000)

  it('gives the same bytes where events are throttled unseen, come twice, are lost, and environments are killed', async () => {
    const failures = new MemoryStore({ name: 'failures' })
    const faults = { seed: 11, throttled: 0.2, killed: 0.05, lostResponse: 0.05, duplicated: 0.1 }
    const async = { retries: 0, pace: 0.05 }
    const { service, report } = await onLambda('faulty-events', { mode: 'event', failures, faults, async })
    expect(await place.output('faulty-events-out')).toBe(expected)
    const { throttled, killed, lostResponse, duplicated } = service.faults.struck
    expect(Math.min(throttled, killed, lostResponse, duplicated)).toBeGreaterThan(0)
    expect(report.retries).toBeGreaterThan(0)
    const told = await Array.fromAsync(failures.list('aws/lambda/async/'))
    expect(told.length).toBeGreaterThan(0)
  }, 120_000)
})
