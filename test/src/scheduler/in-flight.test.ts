/** InFlight: whatever the backend does, each call is answered, and its slot comes back once. */
import { expect, test } from 'vitest'
import { InFlight } from '../../../src/scheduler/in-flight.ts'
import type { TaskEvent, TaskResult } from '../../../src/task/task-event.ts'
import { cancelled, failure, lost, success } from '../job/plans.ts'
import { FakeBackend, FakeClock, turns, untilAborted } from './fake-engine.ts'

const event = (deadline: number | null) => ({ kind: 'task', deadline }) as unknown as TaskEvent

function launched(answer: (signal: AbortSignal) => Promise<TaskResult>, deadline: number | null = 1) {
  const clock = new FakeClock()
  const inFlight = new InFlight(new FakeBackend(1, (_, signal) => answer(signal)), clock)
  const told: string[] = []
  inFlight.launch('a', event(deadline), {
    timeoutMs: 1_000,
    memoryMb: 512,
    answered: result => void told.push(result.ok ? 'committed' : result.failure.code),
    freed: () => void told.push('freed'),
  })
  return { clock, inFlight, told }
}

test('an answer frees the slot and stops the watch', async () => {
  const { clock, told } = launched(async () => success({}))
  await turns()
  expect(told).toEqual(['committed', 'freed'])
  expect(clock.waiting).toBe(0)
})

test('a cancelled call answers as usual', async () => {
  const { inFlight, told } = launched(signal => untilAborted(signal, cancelled))
  inFlight.cancel('b')
  await turns()
  expect(told).toEqual([])
  inFlight.cancel('a')
  await turns()
  expect(told).toEqual(['CANCELLED', 'freed'])
})

test('of a call that is given up, only a commit is told later', async () => {
  const late: [TaskResult, string[]][] = [
    [lost, ['TIMEOUT', 'freed']],
    [failure('BAD_RECORD'), ['TIMEOUT', 'freed']],
    [success({}), ['TIMEOUT', 'committed', 'freed']],
  ]
  for (const [result, expected] of late) {
    const gate = Promise.withResolvers<TaskResult>()
    const { clock, told } = launched(() => gate.promise)
    await clock.pass(6_000)
    expect(told).toEqual(['TIMEOUT'])
    gate.resolve(result)
    await turns()
    expect(told).toEqual(expected)
    expect(clock.waiting).toBe(0)
  }
})

test('the slot of a call that stays silent after its abort comes back once', async () => {
  const gate = Promise.withResolvers<TaskResult>()
  const { clock, told } = launched(() => gate.promise)
  await clock.pass(8_000)
  expect(told).toEqual(['TIMEOUT', 'freed'])
  gate.resolve(success({}))
  await turns()
  expect(told).toEqual(['TIMEOUT', 'freed', 'committed'])
})

test('a call that is given up fails in the words of a worker that is past its deadline', async () => {
  const clock = new FakeClock()
  const inFlight = new InFlight(new FakeBackend(1, () => new Promise<never>(() => {})), clock)
  const answers: TaskResult[] = []
  const answered = (result: TaskResult): void => void answers.push(result)
  inFlight.launch('a', event(1), { timeoutMs: 1_000, memoryMb: 512, answered, freed: () => {} })
  await clock.pass(6_000)
  expect(answers).toMatchObject([
    {
      failure: {
        code: 'TIMEOUT',
        message: expect.stringMatching(/^the task did not end by its deadline: .*1000 ms.*5000 ms/),
        hint: expect.stringContaining('Give the stage more time with .with({ timeoutMs })'),
      },
    },
  ])
})

test('a call without a deadline is not watched', () => {
  expect(launched(() => new Promise<never>(() => {}), null).clock.waiting).toBe(0)
})

test('what is abandoned is aborted and no longer watched', async () => {
  const signals: AbortSignal[] = []
  const { clock, inFlight } = launched(signal => {
    signals.push(signal)
    return new Promise<never>(() => {})
  })
  inFlight.abandon()
  expect(clock.waiting).toBe(0)
  expect(signals[0]?.aborted).toBe(true)
})
