/** Taking a job over from its journal, over a memory store. */
import { describe, expect, test } from 'vitest'
import type { JobEvent } from '../../../src/events/job-event.ts'
import { type JobPlan, jobKeys, writePlan } from '../../../src/job/job-records.ts'
import { JournalWriter, readJournal } from '../../../src/job/journal.ts'
import { LAPSE_MS, lastEpoch, newHolder, readLease, takenError } from '../../../src/job/lease.ts'
import { takeOver } from '../../../src/job/take-over.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { FakeClock, fakeRandom } from '../scheduler/fake-engine.ts'
import { id, planned, scan, toFiles } from './plans.ts'

const JOB = 'job-1'
const clock = new FakeClock()

function jobPlan(): JobPlan {
  const { plan, text } = planned([scan(0, 1, toFiles)])
  const about = { name: 'n', startedAt: 5, engineVersion: '0.1.0', engine: 'local', options: { seed: 1 } }
  return { version: 1, job: JOB, plan, text, ...about }
}

const logged = (n: number): JobEvent => ({
  ...{ type: 'log', time: n, stage: id(0), task: n, level: 'info', message: `line ${n}` },
})
const segment = (n: number): string => `jobs/${JOB}/journal/0000000${n}.jsonl`

/** A store with a journal of three segments. */
async function withJournal(name: string): Promise<MemoryStore> {
  const store = new MemoryStore({ name })
  await writePlan(store, jobPlan())
  const journal = new JournalWriter({ writer: 'w', store, job: JOB, clock })
  for (let n = 0; n < 2_500; n++) await journal.add(logged(n))
  await journal.close()
  return store
}

const takenOver = (store: ObjectStore) =>
  takeOver(store, jobPlan(), { clock, holder: newHolder({ random: fakeRandom() }) })

describe('a journal that has lost a segment', () => {
  test.each([0, 1])('is CORRUPT to whoever would go on: segment %i', async lost => {
    const store = await withJournal(`lost-${lost}`)
    await store.delete([segment(lost)])
    await expect(takenOver(store)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: `${store.uri}${segment(lost)} of the journal of job ${JOB} is lost`,
      hint: expect.stringContaining(`dunlin jobs clean ${JOB} --running`),
      place: { job: JOB },
    })
    expect(await store.head(segment(lost)), 'nothing is written in its place').toBe(undefined)
    expect(await readLease(store, JOB, await lastEpoch(store, JOB))).toMatchObject({ released: true })
  })

  test('can still be shown as far as it goes', async () => {
    const store = await withJournal('shown')
    await store.delete([segment(1)])
    let events = 0
    for await (const _ of readJournal(store, JOB)) events++
    expect(events).toBe(1_000)
  })
})

test('who meets another driver is told how long one that has died must have been silent', () => {
  expect(takenError(JOB, 'process 7 on b').hint).toContain(`silent for ${LAPSE_MS / 1_000} seconds`)
})

test('a journal is listed once for a driver that takes over, and goes on behind its last segment', async () => {
  const store = await withJournal('whole')
  const listed: string[] = []
  const watched = replaced(store, {
    list: prefix => {
      listed.push(prefix)
      return store.list(prefix)
    },
  })
  const { journal } = await takenOver(watched)
  await journal.close()
  expect(listed.filter(prefix => prefix.includes('journal'))).toHaveLength(1)
  expect(await store.head(segment(3))).toBeDefined()
})

test('a job that was cleaned away while its driver was waited for is not there, and nothing of it is made again', async () => {
  const store = await withJournal('cleaned')
  await store.delete([jobKeys.plan(JOB), segment(0), segment(1), segment(2)])
  await expect(takenOver(store)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'memory://cleaned/ has no job job-1',
  })
  for await (const { key } of store.list('')) throw new Error(`${key} is there`)
})
