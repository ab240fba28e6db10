import { DunlinError, type Engine, range } from 'dunlin'
import { testEngine } from 'dunlin/testing'
import { expect, it } from 'vitest'
import { cancelJob, resumeJob } from '../../../src/engine/resume.ts'
import { isEndKey } from '../../../src/job/ends.ts'
import { jobKeys } from '../../../src/job/job-records.ts'
import { deleteAll } from '../../../src/store/delete-all.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { fastClock } from '../../../src/testing/fast-clock.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'

const place = { host: 'h', machine: 'm', pid: 1, isGone: () => true }

/** Of a driver that dies when it is about to record how its job has ended. */
const dyingAtEnd = (store: ObjectStore, died: () => void): ObjectStore =>
  replaced(store, {
    async put(key, body, options) {
      if (!isEndKey(key)) return store.put(key, body, options)
      died()
      return new Promise(() => {})
    },
  })

it('a job that is cleaned away while it is being cancelled is not there, and leaves no lease', async () => {
  const base = testEngine({ clock: fastClock(200) })
  const job = Promise.withResolvers<string>()
  const died = Promise.withResolvers<void>()
  const dying = dyingAtEnd(base.store, died.resolve)
  void range(10)
    .write.text('memory://cleaned-meanwhile/')
    .run({
      engine: { ...base, place, store: dying },
      onEvent: event => void (event.type === 'jobStarted' && job.resolve(event.job)),
    })
  await died.promise
  const id = await job.promise
  const store = replaced(base.store, {
    async get(key, ...range) {
      // Between the journal and the splits.
      if (key === jobKeys.splits(id)) await deleteAll(base.store, jobKeys.folder(id))
      return base.store.get(key, ...range)
    },
  })
  await expect(cancelJob(id, { engine: { ...base, place, store } })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(`has no job ${id}`),
  })
  const left = await Array.fromAsync(base.store.list(jobKeys.folder(id)))
  expect(left.map(({ key }) => key)).toEqual([])
  await base.close()
})

it('a job whose failed end was only decided is cancelled by telling that it failed', async () => {
  const base = testEngine({ clock: fastClock(200) })
  const job = Promise.withResolvers<string>()
  const died = Promise.withResolvers<void>()
  const store = dyingAtEnd(base.store, died.resolve)
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

it('a job that is done, and finds no room for its output, keeps it all and publishes it when it is resumed', async () => {
  const base = testEngine({ clock: fastClock(200) })
  const out = base.stores.open('memory://no-room/')
  let job = ''
  const full = replaced(out, {
    async put(key, body, options) {
      if (key === '_SUCCESS') throw new DunlinError('NO_SPACE', 'no space left')
      return out.put(key, body, options)
    },
  })
  const run = range(10)
    .write.text('memory://no-room/')
    .run({
      engine: { ...base, stores: { open: uri => (uri === out.uri ? full : base.stores.open(uri)) } },
      onEvent: event => void (event.type === 'jobStarted' && (job = event.job)),
    })
  await expect(run).rejects.toMatchObject({
    code: 'NO_SPACE',
    message: expect.stringContaining('is done, but its output could not be made visible'),
    hint: expect.stringContaining('publishes it, once there is room'),
  })
  const { report } = await resumeJob(job, { engine: base })
  expect(report).toMatchObject({ state: 'succeeded', outputs: [{ rows: 10 }] })
  await base.close()
})
