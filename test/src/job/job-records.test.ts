/** What a job writes about itself, over a memory store and a fake clock. */

import { describe, expect, test } from 'vitest'
import { cleanJobs } from '../../../src/engine/clean-jobs.ts'
import type { JobEvent, JobReport } from '../../../src/events/job-event.ts'
import { ReportBuilder } from '../../../src/events/report.ts'
import { reopen, writeEnd } from '../../../src/job/ends.ts'
import { checkJobId, newJobId } from '../../../src/job/job-id.ts'
import { type JobPlan, jobKeys, readPlan, writePlan } from '../../../src/job/job-records.ts'
import { JournalWriter, readJournal } from '../../../src/job/journal.ts'
import { listJobs, readJob } from '../../../src/job/list-jobs.ts'
import { encodeRecord } from '../../../src/job/record.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { FakeClock, fakeRandom } from '../scheduler/fake-engine.ts'
import { id, planned, scan, toFiles } from './plans.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function planOf(job: string, startedAt: number, codeHash = 'c0de'): JobPlan {
  const { plan, text } = planned([scan(0, 1, toFiles)])
  const options = { seed: 1 }
  return {
    version: 1,
    job,
    name: `name of ${job}`,
    startedAt,
    engineVersion: '0.1.0',
    engine: 'local',
    plan: { ...plan, codeHash },
    text,
    options,
  }
}

function reportOf(job: string, finishedAt: number, state: JobReport['state'] = 'succeeded'): JobReport {
  const parts = new ReportBuilder().parts()
  return { ...parts, job, state, finishedAt, fingerprint: 'f1a9', outputs: [] }
}

const end = (job: string, finishedAt: number, state?: JobReport['state']) => ({
  version: 1 as const,
  report: reportOf(job, finishedAt, state),
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const given: T[] = []
  for await (const item of items) given.push(item)
  return given
}

async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  return (await all(store.list(prefix))).map(o => o.key)
}

function logged(n: number): JobEvent {
  return { type: 'log', time: n, stage: id(0), task: n, level: 'info', message: `line\n${n}` }
}

describe('job ids', () => {
  test('say when the job began, in UTC, and sort by it', () => {
    const clock = { now: () => Date.UTC(2026, 10, 21, 3, 41, 12, 999) }
    const random = { next: () => 0.9 }
    expect(newJobId(clock, random)).toBe('20261121-034112-wwwwww')
    expect(newJobId(clock, { next: () => 0 }) < newJobId({ now: () => clock.now() + 1 }, random)).toBe(true)
  })

  test('are checked before they become part of a key', () => {
    expect(checkJobId(newJobId(new FakeClock(), fakeRandom()))).toMatch(/^19700101-001640-[a-z0-9]{6}$/)
    for (const bad of ['', '..', 'a/b', '../x', '.hidden', 'a\\b', 'x'.repeat(101), 'ä']) {
      expect(() => jobKeys.folder(bad)).toThrow('is not a job id')
    }
  })
})

describe('records', () => {
  test('a plan is written once and read back', async () => {
    const store = new MemoryStore({ name: 'records' })
    const plan = planOf('job-1', 5)
    await writePlan(store, plan)
    expect(await readPlan(store, 'job-1')).toEqual(plan)
    await expect(writePlan(store, planOf('job-1', 6))).rejects.toThrow(
      'memory://records/ has a job job-1 already',
    )
  })

  test('a job that is not there, and a record that is not ours, are typed errors', async () => {
    const store = new MemoryStore({ name: 'bad' })
    await expect(readJob(store, 'none')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'memory://bad/ has no job none',
    })
    await store.put('jobs/torn/plan.json', bytes('{"version":1,'))
    await expect(readJob(store, 'torn')).rejects.toMatchObject({
      code: 'CORRUPT',
      message: 'memory://bad/jobs/torn/plan.json is not an intact record',
    })
    for (const other of [bytes('null'), encodeRecord({ version: 2 } as never), bytes('[]')]) {
      await store.put('jobs/other/plan.json', other)
      await expect(readJob(store, 'other')).rejects.toMatchObject({ code: 'CORRUPT' })
    }
  })

  test('jobs are listed newest first, with how they stand', async () => {
    const store = new MemoryStore({ name: 'list' })
    for (const [job, at] of [
      ['a', 10],
      ['b', 30],
      ['c', 20],
    ] as const)
      await writePlan(store, planOf(job, at))
    await writeEnd(store, 'a', 1, end('a', 15, 'failed'))
    await writeEnd(store, 'b', 1, end('b', 40))
    await store.put('jobs/being-submitted/values/0.arrow', bytes('x'))
    await store.put('jobs/not a job/plan.json', bytes('x'))
    expect(await listJobs(store)).toEqual([
      { id: 'b', name: 'name of b', state: 'succeeded', engine: 'local', startedAt: 30, finishedAt: 40 },
      { id: 'c', name: 'name of c', state: 'running', engine: 'local', startedAt: 20 },
      { id: 'a', name: 'name of a', state: 'failed', engine: 'local', startedAt: 10, finishedAt: 15 },
    ])
  })

  test('a job is read with its plan, its report, why it failed and its events', async () => {
    const store = new MemoryStore({ name: 'read' })
    await writePlan(store, planOf('a', 10))
    const journal = new JournalWriter({ writer: 'w', store, job: 'a', clock: new FakeClock() })
    void journal.add(logged(1))
    await journal.close()
    const failure = { code: 'CORRUPT', message: 'm', retryable: false, place: {}, causes: [] } as const
    await writeEnd(store, 'a', 1, { ...end('a', 15, 'failed'), failure })
    const job = await readJob(store, 'a')
    expect(job).toMatchObject({
      id: 'a',
      state: 'failed',
      failure,
      report: { finishedAt: 15 },
      plan: { text: 'the plan' },
    })
    expect(await all(job.events)).toEqual([logged(1)])
  })
})

describe('the journal', () => {
  test('is written in segments of a thousand events and read back in order', async () => {
    const store = new MemoryStore({ name: 'journal' })
    const clock = new FakeClock()
    const journal = new JournalWriter({ writer: 'w', store, job: 'j', clock })
    const events = Array.from({ length: 2_500 }, (_, n) => logged(n))
    for (const event of events) await journal.add(event)
    expect(clock.waiting).toBe(1)
    await journal.close()
    expect(clock.waiting).toBe(0)
    expect(await keysOf(store)).toEqual([0, 1, 2].map(n => `jobs/j/journal/0000000${n}.jsonl`))
    expect(await all(readJournal(store, 'j'))).toEqual(events)
  })

  test('is written after a second even if little happens', async () => {
    const store = new MemoryStore({ name: 'journal' })
    const clock = new FakeClock()
    const journal = new JournalWriter({ writer: 'w', store, job: 'j', clock })
    void journal.add(logged(0))
    await clock.pass(500)
    void journal.add(logged(1))
    await clock.pass(499)
    expect(await keysOf(store)).toEqual([])
    await clock.pass(1)
    expect(await all(readJournal(store, 'j'))).toEqual([logged(0), logged(1)])
    await journal.close()
    expect(await keysOf(store)).toHaveLength(1)
  })

  test('asks for time when the store is behind', async () => {
    const store = new MemoryStore({ name: 'slow' })
    const gate = Promise.withResolvers<void>()
    const slow: ObjectStore = Object.assign(Object.create(store) as ObjectStore, {
      put: async (...args: Parameters<ObjectStore['put']>) => {
        await gate.promise
        return store.put(...args)
      },
    })
    const journal = new JournalWriter({ writer: 'w', store: slow, job: 'j', clock: new FakeClock() })
    let n = 1
    let hold = journal.add(logged(0))
    for (; hold === undefined && n < 100_000; n++) hold = journal.add(logged(n))
    expect(n).toBe(8_000)
    gate.resolve()
    await hold
    expect(journal.add(logged(n))).toBeUndefined()
    await journal.close()
    expect(await all(readJournal(store, 'j'))).toHaveLength(8_001)
  })

  test('that cannot be written says so to whoever adds or closes', async () => {
    const store = new MemoryStore({ name: 'full' })
    await store.put('jobs/j/journal/00000000.jsonl', bytes('another driver'))
    const clock = new FakeClock()
    const journal = new JournalWriter({ writer: 'w', store, job: 'j', clock })
    void journal.add(logged(0))
    await clock.pass(1_000)
    await expect(journal.add(logged(1))).rejects.toThrow('another driver goes on with job j')
    await expect(journal.close()).rejects.toMatchObject({ code: 'LEASE' })
  })

  test('in which any bit has turned, or that is cut anywhere, is CORRUPT and names the segment', async () => {
    const store = new MemoryStore({ name: 'torn' })
    const journal = new JournalWriter({ writer: 'w', store, job: 'j', clock: new FakeClock() })
    void journal.add(logged(1))
    await journal.close()
    const key = 'jobs/j/journal/00000000.jsonl'
    const whole = await store.get(key)
    const head = whole.indexOf(10)
    const refused = {
      code: 'CORRUPT',
      message: expect.stringContaining(`memory://torn/${key} is not an intact`),
    }
    for (let at = head + 1; at < whole.length; at++) {
      const turned = whole.slice()
      turned[at]! ^= 1 << (at % 8)
      await store.put(key, turned)
      await expect(all(readJournal(store, 'j'))).rejects.toMatchObject(refused)
      await store.put(key, whole.slice(0, at))
      await expect(all(readJournal(store, 'j'))).rejects.toMatchObject(refused)
    }
  })
})

describe('cleaning', () => {
  async function storeWithJobs(): Promise<MemoryStore> {
    const store = new MemoryStore({ name: 'clean' })
    for (const [job, hash] of [
      ['old', 'aa'],
      ['new', 'bb'],
      ['running', 'bb'],
    ] as const) {
      await writePlan(store, planOf(job, 10, hash))
      await store.put(`jobs/${job}/stage-0/data/0.arrow`, bytes('12345'))
    }
    await writeEnd(store, 'old', 1, end('old', 100))
    await writeEnd(store, 'new', 1, end('new', 900))
    for (const hash of ['aa', 'bb']) await store.put(jobKeys.code(hash), bytes('code'))
    await store.put('jobs/foreign file', bytes('x'))
    await store.put('elsewhere/x', bytes('x'))
    return store
  }
  const jobs = async (store: ObjectStore) => (await listJobs(store)).map(j => j.id).sort()

  test('removes the jobs that have ended, and nothing else', async () => {
    const store = await storeWithJobs()
    const cleaned = await cleanJobs(store, { now: 1_000 })
    expect(cleaned).toMatchObject({ jobs: ['new', 'old'], kept: [], objects: 8 })
    expect(await keysOf(store)).toEqual([
      'code/aa.mjs',
      'code/bb.mjs',
      'elsewhere/x',
      'jobs/foreign file',
      'jobs/running/plan.json',
      'jobs/running/stage-0/data/0.arrow',
    ])
  })

  test('keeps a job that has been reopened since the jobs were listed', async () => {
    const store = await storeWithJobs()
    let isFirst = true
    const slow = replaced(store, {
      async *list(...given) {
        yield* store.list(...given)
        if (isFirst) await reopen(store, 'old', 2)
        isFirst = false
      },
    })
    expect(await cleanJobs(slow, { now: 1_000 })).toMatchObject({ jobs: ['new'], kept: ['old'] })
    expect(await keysOf(store)).toContain('jobs/old/stage-0/data/0.arrow')
  })

  test('keeps what ended later than asked', async () => {
    const store = await storeWithJobs()
    expect((await cleanJobs(store, { now: 1_000, olderThanMs: 900 })).jobs).toEqual(['old'])
    expect((await cleanJobs(store, { now: 1_000, olderThanMs: 101 })).jobs).toEqual([])
    expect(await jobs(store)).toEqual(['new', 'running'])
  })

  test('removes a running job only where it is named and that is asked for', async () => {
    const store = await storeWithJobs()
    expect(await cleanJobs(store, { now: 1_000, running: 'remove' })).toMatchObject({ jobs: ['new', 'old'] })
    expect(await cleanJobs(store, { now: 1_000, ids: ['running'] })).toMatchObject({
      jobs: [],
      kept: ['running'],
    })
    expect(await cleanJobs(store, { now: 1_000, ids: ['running'], running: 'remove' })).toMatchObject({
      jobs: ['running'],
    })
    await expect(cleanJobs(store, { now: 1_000, ids: ['../code'] })).rejects.toThrow('is not a job id')
    expect(await keysOf(store, 'jobs/')).toEqual(['jobs/foreign file'])
  })

  test('removes code that no job refers to, and copies that workers imported, only where asked', async () => {
    const store = await storeWithJobs()
    for (const name of ['aa.mjs', 'bb.mjs', 'aa.mjs.1234.tmp'])
      await store.put(`modules/${name}`, bytes('code'))
    await cleanJobs(store, { now: 1_000, ids: ['old'] })
    expect(await keysOf(store, 'modules/')).toHaveLength(3)
    await cleanJobs(store, { now: 1_000, ids: ['new'], code: 'remove' })
    expect(await keysOf(store, 'code/')).toEqual(['code/bb.mjs'])
    expect(await keysOf(store, 'modules/')).toEqual(['modules/bb.mjs'])
  })

  test('of more objects than one delete takes removes all, the plan first and the end last', async () => {
    const store = await storeWithJobs()
    for (let n = 0; n < 2_300; n++) await store.put(`jobs/old/stage-1/data/${n}`, bytes(''))
    const batches: (readonly string[])[] = []
    const watched = replaced(store, {
      delete(keys) {
        batches.push(keys)
        return store.delete(keys)
      },
    })
    expect((await cleanJobs(watched, { now: 1_000, ids: ['old'] })).objects).toBe(2_304)
    expect(batches.map(b => b.length)).toEqual([1, 1_000, 1_000, 302, 1])
    expect([batches[0], batches[4]]).toEqual([['jobs/old/plan.json'], ['jobs/old/ends/000001-ended.json']])
  })
})
