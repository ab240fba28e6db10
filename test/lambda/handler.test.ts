import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createHandler, type HandlerHost, parseTaskEvent } from '../../lambda/index.ts'
import type { StageId } from '../../planner/index.ts'
import { systemClock } from '../../src/engine/system-clock.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { StageTaskEvent, TaskEvent } from '../../src/task/task-event.ts'

const event: StageTaskEvent = {
  version: 1,
  kind: 'task',
  job: 'j',
  store: 'memory://handler/',
  fingerprint: 'f'.repeat(64),
  stage: 0 as StageId,
  nonce: '0123456789abcdef',
  attempt: 1,
  deadline: null,
  task: 0,
  generation: 0,
  codeHash: '',
  seed: 0,
  splits: [],
}

const store = new MemoryStore({ name: 'handler' })
const host: HandlerHost = { stores: { open: () => store }, clock: systemClock, loadFunctions: async () => [] }
const plenty = { remainingMs: () => 60_000 }

describe('the handler', () => {
  it('answers a failure as data, with the place', async () => {
    const result = await createHandler(host)(event, plenty)
    expect(result).toMatchObject({
      ok: false,
      failure: { code: 'NOT_FOUND', place: { job: 'j', stage: 0, task: 0, attempt: 1 } },
    })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })

  it('refuses a plan whose fingerprint is not the event’s', async () => {
    const plan = { version: 1, stages: [], waves: [], codeHash: '', fingerprint: event.fingerprint }
    await store.put('jobs/j/plan.json', Buffer.from(JSON.stringify({ plan })))
    const result = await createHandler(host)(event, plenty)
    expect(result).toMatchObject({
      ok: false,
      failure: { code: 'FINGERPRINT', hint: expect.stringContaining('same version') },
    })
  })

  it.each([
    [null, 'is an object, not null'],
    ['x', 'is an object, not string'],
    [{ ...event, version: 2 }, 'takes task events of version 1, not 2'],
    [{ ...event, store: undefined }, 'the task event has no store'],
    [{ ...event, attempt: '1' }, 'the task event has no attempt'],
    [{ ...event, kind: 'other' }, 'unknown kind of task event: "other"'],
  ])('refuses the event %j', async (wrong, text) => {
    expect(() => parseTaskEvent(wrong)).toThrow(text)
    expect(await createHandler(host)(wrong, plenty)).toMatchObject({
      ok: false,
      failure: { code: 'CONFIGURATION' },
    })
  })

  it('stops a task before the platform would, and says limit, use and margin', async () => {
    const slow: HandlerHost = {
      ...host,
      loadFunctions: async () => [],
      stores: {
        open: () =>
          new Proxy(store, {
            get(target, name) {
              if (name !== 'get') return Reflect.get(target, name) as unknown
              return async () => {
                await sleep(60)
                throw new Error('the answer came too late')
              }
            },
          }),
      },
    }
    const other: TaskEvent = { ...event, job: 'slow' }
    const result = await createHandler(slow)(other, { remainingMs: () => 2_010 })
    expect(result).toMatchObject({ ok: false, failure: { code: 'TIMEOUT', retryable: true } })
    expect(result.ok ? '' : result.failure.message).toMatch(
      /stopped after \d+ ms: the function has 2010 ms, of which 2000 ms are kept/,
    )
  })
})
