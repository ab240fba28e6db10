import { afterEach, describe, expect, it } from 'vitest'
import { answerByStore } from '../../lambda/answer-by-store.ts'
import { StoreAnswers } from '../../lambda/store-answers.ts'
import { DunlinError, toFailure } from '../../operators/index.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { TaskFailed } from '../../src/task/task-event.ts'
import { replaced } from '../fixtures/store/replaced-store.ts'

const failed = (message: string): TaskFailed => ({
  ok: false,
  failure: toFailure(new DunlinError('STORE', message)),
})
const event = (answerTo: string) => ({ job: 'j', store: 'memory://answers/', answerTo })

let answers: StoreAnswers
afterEach(() => answers.close())

const open = (store = new MemoryStore({ name: 'answers' })) => {
  answers = new StoreAnswers({ store, job: 'j', driver: 'd', pollMs: 5 })
  return store
}

describe('an answer through the store', () => {
  it('is the result of the function that was asked, each its own, over more than one page of a listing', async () => {
    const store = open()
    const handler = answerByStore(
      async task => failed((task as { answerTo: string }).answerTo),
      () => store,
    )
    const expected = Array.from({ length: 1_200 }, () => answers.expect())
    for (const { key } of [...expected].reverse()) expect(await handler(event(key))).toBeNull()
    for (const { key, result, started } of expected) {
      await started
      expect(await result).toMatchObject({ failure: { message: key } })
    }
  })

  it('is asked for no more when all have come', async () => {
    const store = new MemoryStore({ name: 'answers' })
    let lists = 0
    open(
      replaced(store, {
        list(prefix) {
          lists++
          return store.list(prefix)
        },
      }) as MemoryStore,
    )
    const one = answers.expect()
    await store.put(`${one.key}.result`, Buffer.from(JSON.stringify(failed('done'))))
    await one.result
    const before = lists
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(lists).toBe(before)
  })

  it('that is no result of a task is damage, which another attempt may survive', async () => {
    const store = open()
    const one = answers.expect()
    await store.put(`${one.key}.result`, Buffer.from('{'))
    await expect(one.result).rejects.toMatchObject({ code: 'CORRUPT', retryable: true })
  })

  it('tells what a handler threw', async () => {
    const store = open()
    const one = answers.expect()
    const handler = answerByStore(
      async () => {
        throw new Error('out of order')
      },
      () => store,
    )
    await handler(event(one.key))
    expect(await one.result).toMatchObject({ ok: false, failure: { message: 'out of order' } })
  })

  it('goes nowhere but below its job', async () => {
    const store = open()
    const handler = answerByStore(
      async () => failed('never'),
      () => store,
    )
    for (const answerTo of ['jobs/other/answers/d/1', 'code/x', 7]) {
      await expect(handler({ ...event(''), answerTo })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    }
    expect(await Array.fromAsync(store.list(''))).toEqual([])
  })

  it('fails where the store cannot be listed', async () => {
    const store = new MemoryStore({ name: 'answers' })
    open(
      replaced(store, {
        list() {
          throw new DunlinError('ACCESS_DENIED', 'no')
        },
      }) as MemoryStore,
    )
    await expect(answers.expect().result).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  })
})
