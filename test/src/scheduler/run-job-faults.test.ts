/** Jobs whose workers fail, hang or are cancelled. */
import { describe, expect, test } from 'vitest'
import type { StageTaskEvent, TaskResult } from '../../../src/task/task-event.ts'
import { cancelled, failure, id, lost, planned, scan, success, toDriver } from '../job/plans.ts'
import { type Answer, turns, untilAborted } from './fake-engine.ts'
import { running, twoStages, wellBehaved } from './running.ts'

describe('failures', () => {
  test('a worker lost ten times: every task is done in the end, and the report says so', async () => {
    const stages = twoStages(20)
    let kills = 10
    const answer: Answer = event => (kills-- > 0 ? lost : wellBehaved(stages)(event, AbortSignal.abort()))
    const { outcome, clock } = running(stages, answer)
    await clock.pass(10_000)
    const { state, report, failures } = await outcome
    expect(state).toBe('succeeded')
    expect(report).toMatchObject({ retries: 10, attempts: 32, tasks: 22 })
    expect(failures.map(f => f.code)).toEqual(['WORKER_LOST'])
  })

  test('one task lost ten times in a row is done in the end where as many retries are allowed', async () => {
    let kills = 10
    const { outcome, clock, backend } = running(
      [scan(0, 1, toDriver)],
      () => (kills-- > 0 ? lost : success({})),
      {
        retries: 10,
      },
    )
    await clock.pass(300_000)
    expect((await outcome).state).toBe('succeeded')
    expect(backend.events.map(e => e.attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  test('retries wait twice as long each time', async () => {
    const at: number[] = []
    const { outcome, clock } = running([scan(0, 1, toDriver)], () => {
      at.push(clock.now())
      return lost
    })
    await clock.pass(10_000)
    expect((await outcome).state).toBe('failed')
    expect(at.slice(1).map((t, i) => t - at[i]!)).toEqual([50, 100, 200])
  })

  test('a call that rejects, throws or answers nonsense is a lost worker', async () => {
    const ways: (() => TaskResult | Promise<TaskResult>)[] = [
      () => Promise.reject(new Error('socket hang up')),
      () => {
        throw new TypeError('no such function')
      },
      () => undefined as unknown as TaskResult,
      () => ({ ok: 'yes' }) as unknown as TaskResult,
    ]
    for (const way of ways) {
      let first = true
      const answer: Answer = () => {
        const isFirst = first
        first = false
        return isFirst ? way() : success({})
      }
      const { outcome, clock } = running([scan(0, 1, toDriver)], (e, s) => answer(e, s))
      await clock.pass(1_000)
      const { state, failures } = await outcome
      expect(state).toBe('succeeded')
      expect(failures).toMatchObject([{ code: 'WORKER_LOST', retryable: true, place: { stage: 0, task: 0 } }])
    }
  })

  test('a call that hangs is aborted after its deadline and tried again; its slot comes back', async () => {
    const signals: AbortSignal[] = []
    const answer: Answer = (event, signal) => {
      signals.push(signal)
      return event.attempt === 1 ? new Promise<never>(() => {}) : success({ attempt: event.attempt })
    }
    const { outcome, clock, backend } = running([scan(0, 1, toDriver)], answer, { slots: 1 })
    await clock.pass(64_999)
    expect(signals[0]?.aborted).toBe(false)
    await clock.pass(1)
    expect(signals[0]?.aborted).toBe(true)
    await clock.pass(3_000)
    const { state, failures } = await outcome
    expect(state).toBe('succeeded')
    expect(failures.map(f => f.code)).toEqual(['TIMEOUT'])
    expect(backend.events).toHaveLength(2)
  })

  test('a commit told after the call was given up still counts', async () => {
    const answers: ((result: TaskResult) => void)[] = []
    const answer: Answer = () => new Promise<TaskResult>(resolve => void answers.push(resolve))
    const { outcome, clock } = running([scan(0, 1, toDriver)], answer)
    await clock.pass(65_000)
    answers[0]!(success({ rowsOut: 3 }))
    const { state, results } = await outcome
    expect(state).toBe('succeeded')
    expect(results.get(id(0))?.[0]?.rowsOut).toBe(3)
  })

  test('a failure that stands cancels what else runs and tells the first of each kind', async () => {
    const answer: Answer = (event, signal) =>
      (event as StageTaskEvent).task === 2 ? failure('BAD_RECORD') : untilAborted(signal, cancelled)
    const { outcome, backend } = running(twoStages(), answer)
    const { state, failure: why, failures, report } = await outcome
    expect(state).toBe('failed')
    expect(why).toMatchObject({ code: 'BAD_RECORD', place: { job: 'job-1', stage: 0, task: 2, attempt: 1 } })
    expect(failures).toEqual([{ ...why, count: 1 }])
    expect(report.failures).toEqual([{ ...why, count: 1 }])
    expect(backend.inFlight).toBe(0)
  })

  test('a plan whose splits are missing fails the job instead of hanging it', async () => {
    const plan = { ...planned([scan(0, 2, toDriver)]), splits: new Map() }
    const { outcome } = running([], () => success({}), { planned: plan })
    expect((await outcome).failure).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('no split 0'),
    })
  })

  test('a retry policy of none fails at the first failure', async () => {
    const { outcome, backend } = running([scan(0, 1, toDriver)], () => lost, { retries: 0 })
    expect((await outcome).state).toBe('failed')
    expect(backend.events).toHaveLength(1)
  })
})

describe('cancelling', () => {
  test('an abort stops every attempt at once, and the job ends when they have answered', async () => {
    const abort = new AbortController()
    const { outcome, backend, clock } = running(
      twoStages(10),
      (_, signal) => untilAborted(signal, cancelled),
      {
        signal: abort.signal,
      },
    )
    await turns()
    expect(backend.inFlight).toBe(4)
    abort.abort(new Error('Ctrl-C'))
    const { state, failure: why, failures, report } = await outcome
    expect(state).toBe('cancelled')
    expect(why).toMatchObject({ code: 'CANCELLED', message: 'job job-1 was cancelled: Ctrl-C' })
    expect(failures).toEqual([])
    expect(report).toMatchObject({ state: 'cancelled', attempts: 4, failures: [] })
    expect(backend.inFlight).toBe(0)
    expect(clock.waiting).toBe(0)
  })

  test('attempts that never answer are waited for two seconds and no longer', async () => {
    const abort = new AbortController()
    const { outcome, clock } = running(twoStages(), () => new Promise<never>(() => {}), {
      signal: abort.signal,
    })
    let ended = false
    void outcome.then(() => {
      ended = true
    })
    await turns()
    abort.abort()
    await clock.pass(1_999)
    expect(ended).toBe(false)
    await clock.pass(1)
    expect(ended).toBe(true)
    expect(clock.waiting).toBe(0)
  })

  test('a job that is aborted before it starts launches nothing', async () => {
    const { outcome, backend } = running(twoStages(), () => success({}), { signal: AbortSignal.abort() })
    expect((await outcome).state).toBe('cancelled')
    expect(backend.events).toEqual([])
  })

  test('a job that is waiting to retry ends at once', async () => {
    const abort = new AbortController()
    const { outcome, clock } = running([scan(0, 1, toDriver)], () => lost, { signal: abort.signal })
    await turns()
    abort.abort()
    expect((await outcome).state).toBe('cancelled')
    expect(clock.waiting).toBe(0)
  })
})
