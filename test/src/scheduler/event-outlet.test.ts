/** Listeners that are slow or fail, and what happens when a job is over. */
import { describe, expect, test } from 'vitest'
import { failure, id, scan, success, toDriver, toFiles } from '../job/plans.ts'
import { turns } from './fake-engine.ts'
import { running, twoStages } from './running.ts'

describe('listeners', () => {
  test('a listener that throws fails the job with what it threw', async () => {
    const { outcome } = running(twoStages(), () => success({ rowsOut: 10 }), {
      onEvent: event => {
        if (event.type === 'taskCommitted') throw new Error('the bar broke')
      },
    })
    expect(await outcome).toMatchObject({ state: 'failed', failure: { message: 'the bar broke' } })
  })

  test('a listener that throws at the last commit fails the job too', async () => {
    const { outcome } = running([scan(0, 1, toDriver)], () => success({}), {
      onEvent: event => (event.type === 'stageFinished' ? Promise.reject(new Error('no space')) : undefined),
    })
    expect(await outcome).toMatchObject({ state: 'failed', failure: { message: 'no space' }, failures: [{}] })
  })

  test('a promise holds launches back until it settles; an abort does not wait for it', async () => {
    for (const way of ['release', 'abort'] as const) {
      const hold = Promise.withResolvers<void>()
      const abort = new AbortController()
      const { outcome, backend } = running([scan(0, 9, toDriver)], () => success({}), {
        slots: 1,
        signal: abort.signal,
        onEvent: event => (event.type === 'taskCommitted' ? hold.promise : undefined),
      })
      await turns()
      expect(backend.events).toHaveLength(1)
      if (way === 'abort') abort.abort()
      else hold.resolve()
      expect((await outcome).state).toBe(way === 'abort' ? 'cancelled' : 'succeeded')
    }
  })
})

describe('publishing', () => {
  test('the output is published before the job is said to have finished', async () => {
    const order: string[] = []
    const { outcome } = running([scan(0, 2, toFiles)], () => success({}), {
      onEvent: event => void order.push(event.type),
      publish: async ({ results }) => {
        order.push(`published ${results.get(id(0))?.length}`)
      },
    })
    await outcome
    expect(order.slice(-2)).toEqual(['published 2', 'jobFinished'])
  })

  test('a job whose output cannot be published has failed; one that failed is not published', async () => {
    const publish = () => Promise.reject(new Error('no space left'))
    const well = running([scan(0, 1, toFiles)], () => success({}), { publish })
    expect(await well.outcome).toMatchObject({
      state: 'failed',
      failure: { message: 'no space left' },
      failures: [{}],
    })
    expect(well.events.at(-1)).toMatchObject({ type: 'jobFinished', state: 'failed' })
    const badly = running([scan(0, 1, toFiles)], () => failure('BAD_RECORD'), { publish })
    expect((await badly.outcome).failure?.code).toBe('BAD_RECORD')
  })
})
