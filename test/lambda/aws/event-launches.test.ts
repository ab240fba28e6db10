/** What becomes of tasks that are sent as events and give no result. */
import { afterEach, expect, it } from 'vitest'
import type { LambdaService } from '../../../lambda/local-service/index.ts'
import type { ComputeBackend } from '../../../src/compute/compute-backend.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { TaskResult } from '../../../src/task/task-event.ts'
import { eventFor } from '../../fixtures/compute/behaviours.ts'
import { type LambdaSetup, openLambda } from '../../fixtures/lambda-service.ts'

const entry = new URL('../../fixtures/compute/lambda-entry.ts', import.meta.url)
let service: LambdaService
let backend: ComputeBackend
afterEach(() => backend.close())

async function run(behaviour: string, setup: Partial<LambdaSetup> = {}): Promise<TaskResult> {
  const failures = new MemoryStore({ name: 'failures' })
  const async = { retries: 0 }
  const options = { entry, slots: 2, memorySizesMb: [256], mode: 'event', failures, async } as const
  ;({ service, backend } = await openLambda({ ...options, ...setup }))
  return backend.run(eventFor(behaviour), { signal: new AbortController().signal })
}

it('an environment that ends is told by the record of the event that failed', async () => {
  expect(await run('exit:3')).toMatchObject({
    ok: false,
    failure: { code: 'WORKER_LOST', retryable: true, message: expect.stringContaining('exit status 3') },
  })
  expect(service.log.map(({ type }) => type)).toEqual(['Event'])
})

it('a function that never begins counts as throttled', async () => {
  const never = { faults: { seed: 1, throttled: 1 }, startWithinMs: 300 }
  expect(await run('ok', never)).toMatchObject({
    ok: false,
    failure: {
      code: 'THROTTLED',
      retryable: true,
      message: 'the function dunlin-256 had not begun after 300 ms',
    },
  })
})

it('an event that grew too old counts as throttled', async () => {
  const old = { faults: { seed: 1, throttled: 1 }, async: { retries: 0, mostAgeMs: 100, pace: 0.2 } }
  expect(await run('ok', old)).toMatchObject({
    ok: false,
    failure: { code: 'THROTTLED', message: 'Lambda had no room for the function dunlin-256' },
  })
})
