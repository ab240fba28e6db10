import { type Engine, range } from 'dunlin'
import { testEngine } from 'dunlin/testing'
import { expect, it } from 'vitest'
import { cancelJob } from '../../../src/engine/resume.ts'
import { isEndKey } from '../../../src/job/ends.ts'
import { fastClock } from '../../../src/testing/fast-clock.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'

it('a job whose failed end was only decided is cancelled by telling that it failed', async () => {
  const base = testEngine({ clock: fastClock(200) })
  const place = { host: 'h', machine: 'm', pid: 1, isGone: () => true }
  const job = Promise.withResolvers<string>()
  const died = Promise.withResolvers<void>()
  const store = replaced(base.store, {
    async put(key, body, options) {
      if (!isEndKey(key)) return base.store.put(key, body, options)
      died.resolve()
      return new Promise(() => {})
    },
  })
  const failing = range(10).map((): number => {
    throw new Error('a bug')
  })
  const engine: Engine = { ...base, store: base.store, place }
  void failing.write.text('memory://cancelled-late/').run({
    engine: { ...engine, store },
    onEvent: event => void (event.type === 'jobStarted' && job.resolve(event.job)),
  })
  await died.promise
  expect(await cancelJob(await job.promise, { engine })).toBe('failed')
  await base.close()
})
