/** Jobs that share the slots of an engine. */
import { describe, expect, test } from 'vitest'
import { ConcurrencyLimit } from '../../../src/scheduler/concurrency-limit.ts'
import { runJob } from '../../../src/scheduler/run-job.ts'
import type { TaskEvent, TaskResult } from '../../../src/task/task-event.ts'
import { planned, scan, success, toDriver } from '../job/plans.ts'
import { type Answer, FakeBackend, fakeEngine, turns } from './fake-engine.ts'
import { running } from './running.ts'

describe('a shared limit', () => {
  test('two jobs have their turns, whatever the first one wants, and never hold more than there is', async () => {
    const order: string[] = []
    const stages = [scan(0, 30, toDriver)]
    let inFlight = 0
    let most = 0
    const backend = new FakeBackend(3, async (event: TaskEvent) => {
      order.push(event.job)
      most = Math.max(most, ++inFlight)
      await turns()
      inFlight--
      return success({})
    })
    const engine = fakeEngine(backend)
    const limit = new ConcurrencyLimit(3)
    const run = (job: string) => runJob({ job, name: job, planned: planned(stages), engine, seed: 1, limit })
    const outcomes = await Promise.all([run('first'), run('second')])
    expect(outcomes.map(o => o.state)).toEqual(['succeeded', 'succeeded'])
    expect(most).toBe(3)
    const half = order.slice(0, 30)
    const ofSecond = half.filter(job => job === 'second').length
    expect(ofSecond).toBeGreaterThanOrEqual(12)
  })

  /** What the limit gives to jobs that together want more than it has. */
  async function slotsOf(limit: ConcurrencyLimit): Promise<number> {
    let inFlight = 0
    let most = 0
    const slow: Answer = async () => {
      most = Math.max(most, ++inFlight)
      await turns()
      inFlight--
      return success({})
    }
    const jobs = [1, 2, 3].map(() => running([scan(0, 10, toDriver)], slow, { limit }))
    for (const { outcome } of jobs) expect((await outcome).state).toBe('succeeded')
    return most
  }

  test('a job that ends gives all its slots back, once, even if its calls answer later', async () => {
    const limit = new ConcurrencyLimit(2)
    const abort = new AbortController()
    const gate = Promise.withResolvers<TaskResult>()
    const hangs = running([scan(0, 5, toDriver)], () => gate.promise, { limit, signal: abort.signal })
    await turns()
    abort.abort()
    await hangs.clock.pass(2_000)
    await hangs.outcome
    expect(await slotsOf(limit)).toBe(2)
    gate.resolve(success({}))
    await turns()
    expect(await slotsOf(limit)).toBe(2)
  })

  test('a slot granted to a job in the moment of its end comes back, once', async () => {
    const limit = new ConcurrencyLimit(1)
    const gate = Promise.withResolvers<TaskResult>()
    const holder = running([scan(0, 1, toDriver)], () => gate.promise, { limit })
    await turns()
    const abort = new AbortController()
    const waiter = running([scan(0, 5, toDriver)], () => success({}), { limit, signal: abort.signal })
    await turns()
    abort.abort()
    gate.resolve(success({}))
    expect((await waiter.outcome).state).toBe('cancelled')
    await holder.outcome
    expect(waiter.backend.events).toEqual([])
    expect(await slotsOf(limit)).toBe(1)
  })

  test('a slot granted to a job that is being cancelled goes to others at once', async () => {
    const limit = new ConcurrencyLimit(2)
    const gate = Promise.withResolvers<TaskResult>()
    const other = running([scan(0, 5, toDriver)], () => gate.promise, { limit, concurrency: 1 })
    await turns()
    const abort = new AbortController()
    const never = new Promise<never>(() => {})
    const deaf = running([scan(0, 5, toDriver)], () => never, { limit, signal: abort.signal })
    await turns()
    abort.abort()
    gate.resolve(success({}))
    expect((await other.outcome).state, 'while the first waits for an answer').toBe('succeeded')
    await deaf.clock.pass(2_000)
    expect((await deaf.outcome).state).toBe('cancelled')
    expect(await slotsOf(limit)).toBe(2)
  })
})
