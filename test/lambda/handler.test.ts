import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createHandler, type PortsOf, parseTaskEvent } from '../../lambda/index.ts'
import { aggregateNode, type Planned, plan, type StageId, scanNode } from '../../planner/index.ts'
import type { JobPlan } from '../../src/job/job-records.ts'
import { encodeRecord } from '../../src/job/record.ts'
import { systemClock } from '../../src/ports/system-clock.ts'
import { systemRandom } from '../../src/ports/system-random.ts'
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
  exchanges: [],
  epoch: 1,
}

const store = new MemoryStore({ name: 'handler' })
const host: ReturnType<PortsOf> = {
  stores: { open: () => store },
  clock: systemClock,
  random: systemRandom,
  loadFunctions: async () => [],
}
const plenty = { remainingMs: () => 60_000 }

/** Counts numbers, in one task. */
function countOf(numbers: number): Planned {
  const counted = aggregateNode(
    scanNode({ kind: 'range', start: 0, end: numbers, step: 1, splitRows: numbers }),
    [],
    [{ as: 'count', spec: { op: 'count' } }],
    'scalar',
  )
  const dollars = { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 }
  const engine = { name: 'test', slots: 1, bytesPerSecond: 1e6, dollars }
  const facts = { listings: new Map(), functions: new Map(), codeHash: '', engine }
  return plan({ outputs: [{ kind: 'result', input: counted }] }, facts)
}

async function submitted(job: string, numbers: number): Promise<StageTaskEvent> {
  const planned = countOf(numbers)
  await store.put(
    `jobs/${job}/plan.json`,
    encodeRecord({ version: 1, plan: planned.plan } as Partial<JobPlan> & { version: 1 }),
  )
  const splits = [planned.splits.get(event.stage)![0]![0]!]
  return { ...event, job, fingerprint: planned.plan.fingerprint, splits }
}

describe('the handler', () => {
  it('runs a task: JSON in, JSON out, the result in the store', async () => {
    const task = JSON.parse(JSON.stringify(await submitted('counts', 1_000))) as unknown
    const result = await createHandler(() => host)(task, plenty)
    expect(result).toMatchObject({
      ok: true,
      attempt: 1,
      nonce: expect.stringMatching(/^01234567[0-9a-f]{8}$/),
      rowsOut: 1,
    })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    expect(await store.head('jobs/counts/stage-0/commits/0.0')).toBeDefined()
  })

  it('stops a task that only computes, in which no timer can fire', async () => {
    let now = 0
    const clock = { now: () => (now += 1_000), after: () => ({ cancel() {} }), soon() {} }
    const task = await submitted('busy', 1_000_000)
    const result = await createHandler(() => ({ ...host, clock }))(task, { remainingMs: () => 6_000 })
    expect(result).toMatchObject({ ok: false, failure: { code: 'TIMEOUT', retryable: true } })
    expect(result.ok ? '' : result.failure.message).toMatch(/the function has 6000 ms, of which 2000 ms/)
  })

  it('answers a failure as data, with the place', async () => {
    const result = await createHandler(() => host)(event, plenty)
    expect(result).toMatchObject({
      ok: false,
      failure: { code: 'NOT_FOUND', place: { job: 'j', stage: 0, task: 0, attempt: 1 } },
    })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })

  it('refuses a plan whose fingerprint is not the event’s', async () => {
    const plan = { version: 1, stages: [], waves: [], codeHash: '', fingerprint: event.fingerprint }
    await store.put(
      'jobs/j/plan.json',
      encodeRecord({ version: 1, plan: plan } as Partial<JobPlan> & { version: 1 }),
    )
    const result = await createHandler(() => host)(event, plenty)
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
    expect(await createHandler(() => host)(wrong, plenty)).toMatchObject({
      ok: false,
      failure: { code: 'CONFIGURATION' },
    })
  })

  it('stops a task before the platform would, and says limit, use and margin', async () => {
    const slow: ReturnType<PortsOf> = {
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
    const result = await createHandler(() => slow)(other, { remainingMs: () => 2_010 })
    expect(result).toMatchObject({ ok: false, failure: { code: 'TIMEOUT', retryable: true } })
    expect(result.ok ? '' : result.failure.message).toMatch(
      /stopped after \d+ ms: the function has 2010 ms, of which 2000 ms are kept/,
    )
  })
})
