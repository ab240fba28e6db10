import { describe, expect, it } from 'vitest'
import { DunlinError } from '../../../operators/index.ts'
import { type Planned, plan, scanNode } from '../../../planner/index.ts'
import type { JobPlan } from '../../../src/job/job-records.ts'
import { encodeRecord } from '../../../src/job/record.ts'
import { systemClock } from '../../../src/ports/system-clock.ts'
import { systemRandom } from '../../../src/ports/system-random.ts'
import { stageTaskEvent } from '../../../src/scheduler/task-events.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { runTask } from '../../../src/task/run-task.ts'

function numbers(): Planned {
  const input = scanNode({ kind: 'range', start: 0, end: 5, step: 1 })
  const dollars = { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 }
  const engine = { name: 'test', slots: 1, bytesPerSecond: 1e6, dollars }
  return plan(
    { outputs: [{ kind: 'result', input }] },
    { listings: new Map(), functions: new Map(), codeHash: '', engine },
  )
}

/** A store in which the first commit is written but answered by an error, as are the two reads after it. */
function ambiguous(store: ObjectStore): ObjectStore {
  const left = { put: 1, get: 1 }
  const failing =
    (method: 'put' | 'get') =>
    async (key: string, ...rest: never[]) => {
      const call = store[method] as (key: string, ...rest: never[]) => Promise<unknown>
      const answer = method === 'put' ? await call.call(store, key, ...rest) : undefined
      if (key.includes('/commits/') && left[method] > 0) {
        left[method]--
        throw new DunlinError('STORE', 'connection reset', { retryable: true })
      }
      return answer ?? call.call(store, key, ...rest)
    }
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'put' || name === 'get') return failing(name)
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describe('a commit whose outcome is not known', () => {
  it('keeps the data of the attempt: the next attempt finds it committed, and its object is there', async () => {
    const planned = numbers()
    const store = new MemoryStore({ name: 'ambiguous' })
    await store.put(
      'jobs/j/plan.json',
      encodeRecord({ version: 1, plan: planned.plan } as Partial<JobPlan> & { version: 1 }),
    )
    const broken = ambiguous(store)
    const attempt = (number: number) =>
      runTask(
        stageTaskEvent(
          { job: 'j', store: store.uri, seed: 0, epoch: 1 },
          planned,
          planned.plan.stages[0]!,
          0,
          {
            attempt: number,
            generation: 0,
            exchanges: [null],
            nonce: `000000000000000${number}`,
            deadline: null,
          },
        ),
        {
          stores: { open: () => broken },
          clock: systemClock,
          random: systemRandom,
          signal: new AbortController().signal,
          loadFunctions: async () => [],
        },
      )
    expect(await attempt(1)).toMatchObject({ ok: false, failure: { code: 'STORE', retryable: true } })
    const second = await attempt(2)
    expect(second).toMatchObject({ ok: true, attempt: 1 })
    const key = second.ok ? second.part!.key : ''
    expect(await store.head(key)).toMatchObject({ sizeBytes: second.ok ? second.part!.bytes : -1 })
  })
})
