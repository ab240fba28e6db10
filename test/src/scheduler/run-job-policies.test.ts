/** Jobs on backends that ramp up, throttle, straggle, or have workers of several sizes. */
import { expect, test } from 'vitest'
import type { StageTaskEvent } from '../../../src/task/task-event.ts'
import { cancelled, failure, scan, success, toDriver } from '../job/plans.ts'
import { type Answer, FakeClock } from './fake-engine.ts'
import { running } from './running.ts'

const taskOf = (event: Parameters<Answer>[0]): number => (event as StageTaskEvent).task

/** Answers after so many milliseconds of the fake clock; an aborted attempt at once. */
function after(clock: FakeClock, ms: number, signal: AbortSignal, attempt: number) {
  return new Promise<ReturnType<typeof success> | typeof cancelled>(resolve => {
    clock.after(ms, () => resolve(success({ attempt })))
    signal.addEventListener('abort', () => resolve(cancelled))
  })
}

test('three thousand tasks on a backend like Lambda: filled as fast as it grows, and never throttled', async () => {
  const marks: number[] = []
  let inFlight = 0
  let throttled = 0
  const start = new FakeClock().now()
  const { outcome, clock, backend } = running(
    [scan(0, 3_000, toDriver)],
    async (event, signal) => {
      const capacity = 1_000 + (clock.now() - start) / 10
      if (++inFlight > capacity) throttled++
      marks[inFlight] ??= clock.now() - start
      const result = await after(clock, 40_000, signal, event.attempt)
      inFlight--
      return result
    },
    { slots: 3_000, traits: { ramp: { initial: 1_000, perSecond: 100 } } },
  )
  await clock.pass(70_000)
  expect((await outcome).state).toBe('succeeded')
  expect(throttled).toBe(0)
  expect(marks[1_000]).toBe(0)
  expect(marks[2_000]).toBeLessThanOrEqual(10_100)
  expect(backend.mostInFlight).toBe(3_000)
}, 60_000)

test('a backend that throttles above its capacity is found out, and every task is done', async () => {
  let inFlight = 0
  let throttled = 0
  const { outcome, clock, backend } = running(
    [scan(0, 200, toDriver)],
    async (event, signal) => {
      if (inFlight >= 10) {
        throttled++
        return failure('THROTTLED', { retryable: true })
      }
      inFlight++
      const result = await after(clock, 2_000, signal, event.attempt)
      inFlight--
      return result
    },
    { slots: 40, retries: 0 },
  )
  await clock.pass(200_000)
  const { state, report } = await outcome
  expect(state).toBe('succeeded')
  expect(throttled).toBeLessThan(30 + 30)
  expect(backend.events).toHaveLength(200 + throttled)
  expect(report.failures).toMatchObject([{ code: 'THROTTLED', count: throttled }])
}, 60_000)

test('a straggler is launched twice, and the job ends when the second attempt has committed', async () => {
  const { outcome, clock, backend } = running(
    [scan(0, 8, toDriver)],
    (event, signal) => {
      const isStraggler = taskOf(event) === 3 && event.attempt === 1
      return after(clock, isStraggler ? 50_000 : 5_000, signal, event.attempt)
    },
    { slots: 8, traits: { speculates: true } },
  )
  const before = clock.now()
  await clock.pass(30_000)
  const { state, report, results } = await outcome
  expect(state).toBe('succeeded')
  expect(report).toMatchObject({ attempts: 9, retries: 0, extra: 1, tasks: 8 })
  expect(report.finishedAt - before).toBeLessThan(17_000)
  expect([...results.values()][0]?.[3]?.attempt).toBe(2)
  expect(backend.inFlight).toBe(0)
})

test('a backend on one machine starts nothing twice', async () => {
  const { outcome, clock, backend } = running(
    [scan(0, 8, toDriver)],
    (event, signal) => after(clock, taskOf(event) === 3 ? 50_000 : 5_000, signal, event.attempt),
    { slots: 8 },
  )
  await clock.pass(60_000)
  expect((await outcome).report).toMatchObject({ attempts: 8, extra: 0 })
  expect(backend.events).toHaveLength(8)
})

test('a task that runs out of memory is sent to larger workers, and only that task', async () => {
  const asked: string[] = []
  const { outcome, clock } = running(
    [scan(0, 3, toDriver)],
    (event, _signal, memoryMb = 0) => {
      asked.push(`${taskOf(event)} ${memoryMb}`)
      return taskOf(event) === 1 && memoryMb < 2_048
        ? failure('OUT_OF_MEMORY', { retryable: true })
        : success({ attempt: event.attempt })
    },
    { traits: { memorySizesMb: [512, 1_024, 2_048] } },
  )
  await clock.pass(5_000)
  const { state, report } = await outcome
  expect(state).toBe('succeeded')
  expect(asked).toEqual(['0 512', '1 512', '2 512', '1 1024', '1 2048'])
  expect(report.failures).toMatchObject([{ code: 'OUT_OF_MEMORY', count: 2 }])
})
