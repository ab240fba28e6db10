/** How jobs without an end are listed, by their leases. */
import { expect, test } from 'vitest'
import { type JobPlan, jobKeys, writePlan } from '../../../src/job/job-records.ts'
import type { Lease } from '../../../src/job/lease.ts'
import { listJobs } from '../../../src/job/list-jobs.ts'
import { encodeRecord } from '../../../src/job/record.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { planned, scan, toFiles } from './plans.ts'

function planOf(job: string): JobPlan {
  const { plan, text } = planned([scan(0, 1, toFiles)])
  const about = { name: 'n', startedAt: 5, engineVersion: '0.1.0', engine: 'local', options: { seed: 1 } }
  return { version: 1, job, plan, text, ...about }
}

test('a job without an end is interrupted where its driver is known to be gone, and runs where not', async () => {
  const store = new MemoryStore({ name: 'left' })
  const place = { host: 'here', machine: 'm-here', pid: 1, isGone: (pid: number) => pid === 7 }
  const held = async (job: string, epoch: number, host: string, pid: number, released = false) => {
    const holder = { host, machine: `m-${host}`, pid, nonce: 'n', lapseMs: 1_000 }
    const lease: Lease = { version: 1, epoch, holder, beat: 0, released }
    await store.put(jobKeys.lease(job, epoch), encodeRecord(lease))
  }
  for (const job of ['alive', 'dead', 'elsewhere', 'let-go', 'followed']) await writePlan(store, planOf(job))
  await held('alive', 1, 'here', 8)
  await held('dead', 1, 'here', 7)
  await held('elsewhere', 1, 'there', 7)
  await held('let-go', 1, 'there', 7, true)
  await held('followed', 1, 'here', 7)
  await held('followed', 2, 'here', 8)
  const states = (await listJobs(store, { place })).map(({ id, state }) => [id, state])
  expect(Object.fromEntries(states)).toEqual({
    ...{ alive: 'running', elsewhere: 'running', followed: 'running' },
    ...{ dead: 'interrupted', 'let-go': 'interrupted' },
  })
})
