import { spawnSync } from 'node:child_process'
import { cp, readFile, rm } from 'node:fs/promises'
import { type DunlinError, type JobEvent, range, read } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanJobs } from '../../src/engine/clean-jobs.ts'
import { cancelJob, resumeJob, retryJob } from '../../src/engine/resume.ts'
import { acquireLease } from '../../src/job/lease.ts'
import { systemPlace } from '../../src/ports/system-place.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { replaced } from '../fixtures/store/replaced-store.ts'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

const counts = (fail: string) =>
  range(600, { splitRows: 100 })
    .map(n => `w${n % 7}`)
    .valueCounts()
    .map(async row => {
      const { access } = await import('node:fs/promises')
      await access(fail)
      return row
    })

const EXPECTED = ['value,count', ...[86, 86, 86, 86, 86, 85, 85].map((count, n) => `w${n},${count}`)].sort()
const written = async (directory: string) =>
  (await readFile(place.path(`${directory}/part-00000.csv`), 'utf8')).trim().split('\n').sort()

interface Failed {
  readonly job: string
  readonly engine: ReturnType<Workplace['engine']>
}

/** A job whose last stage fails as long as a file is missing. */
async function failed(name: string): Promise<Failed> {
  const engine = place.engine({ directory: place.path(`${name}-store`) })
  let job = ''
  const run = counts(place.path(`${name}-go`))
    .write.csv(`${name}-out`)
    .run({ engine, onEvent: event => void (event.type === 'jobStarted' && (job = event.job)) })
  await expect(run).rejects.toMatchObject({ code: 'USER_FUNCTION' })
  return { job, engine }
}

const launched = (events: readonly JobEvent[]): string[] =>
  events.flatMap(event => (event.type === 'taskStarted' ? [`${event.stage}/${event.task}`] : []))

describe('a job that failed', () => {
  it('goes on by retry from what had committed, when what it lacked is there', async () => {
    const { job, engine } = await failed('again')
    expect(await place.names('again-out')).toEqual([])
    await place.write('again-go', '')
    const events: JobEvent[] = []
    const finished = await retryJob(job, { engine, onEvent: event => void events.push(event) })
    expect(launched(events).every(task => task.startsWith('1/'))).toBe(true)
    expect(await written('again-out')).toEqual(EXPECTED)
    expect(finished.report).toMatchObject({ job, state: 'succeeded', outputs: [{ rows: 7 }] })
    await finished.discard()
    await expect(retryJob(job, { engine })).rejects.toMatchObject({
      message: `job ${job} has ended: it succeeded`,
    })
  })

  it('runs a stage again where that is asked for, and what reads it only as far as it differs', async () => {
    const { job, engine } = await failed('stage')
    await place.write('stage-go', '')
    const events: JobEvent[] = []
    await retryJob(job, { engine, stage: 0, onEvent: event => void events.push(event) })
    expect(launched(events).filter(task => task.startsWith('0/'))).toHaveLength(6)
    expect(await written('stage-out')).toEqual(EXPECTED)
  })

  it('is not resumed, and not retried with a stage that it does not have', async () => {
    const { job, engine } = await failed('refused')
    await expect(resumeJob(job, { engine })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      hint: expect.stringContaining(`dunlin jobs retry ${job}`),
    })
    await expect(retryJob(job, { engine, stage: 9 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(cancelJob(job, { engine })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(resumeJob('20200101-000000-nobody', { engine })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a job that runs', () => {
  it('is cancelled from elsewhere, and keeps what has committed', async () => {
    const engine = place.engine({ directory: place.path('cancelled-store') })
    const running = Promise.withResolvers<string>()
    let job = ''
    const run = range(4, { splitRows: 1 })
      .repartition(1)
      .map(async (n, task) => {
        if (task.attempt < 9) await new Promise(resolve => task.signal.addEventListener('abort', resolve))
        return n
      })
      .write.jsonl('cancelled-out')
      .run({
        engine,
        onEvent: event => {
          if (event.type === 'jobStarted') job = event.job
          if (event.type === 'taskStarted' && event.stage === 1) running.resolve(job)
        },
      })
    const cancelling = running.promise.then(id => cancelJob(id, { engine, reason: 'a test' }))
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('a test') })
    await cancelling
    expect(await place.names('cancelled-out')).toEqual([])
    const journal = await place.names(`cancelled-store/jobs/${job}`)
    expect(journal).toContain('stage-0')
  })
})

describe('a driver whose job another has taken over', () => {
  it('ends with who has it, also to its listener, and does not call the job cancelled', async () => {
    const engine = { ...place.engine({ directory: place.path('lost-store') }), lapseMs: 500 }
    const events: JobEvent[] = []
    const run = range(2, { splitRows: 1 })
      .map(async (n, task) => {
        await new Promise(resolve => task.signal.addEventListener('abort', resolve))
        return n
      })
      .write.jsonl('lost-out')
      .run({
        engine,
        onEvent: async event => {
          events.push(event)
          if (event.type !== 'jobStarted') return
          const holder = { host: 'elsewhere', pid: 7, nonce: 'other', lapseMs: 500 }
          await acquireLease(engine.store, event.job, 2, holder)
        },
      })
    const message = expect.stringContaining('was taken over by process 7 on elsewhere')
    await expect(run).rejects.toMatchObject({ code: 'LEASE', message })
    expect(events.at(-1)).toMatchObject({ type: 'jobFinished', failure: { code: 'LEASE', message } })
  })
})

describe('a driver that slept while its job was resumed, ended and cleaned away', () => {
  it('takes nothing of what another job has put into the output directory since', async () => {
    const engine = place.engine({ directory: place.path('slept-store') })
    const put = (rows: number) => range(rows).write.jsonl('slept-out', { mode: 'overwrite' })
    let job = ''
    const run = put(2).run({
      engine,
      onEvent: async event => {
        if (event.type === 'jobStarted') job = event.job
        if (event.type !== 'jobEnding') return
        await cleanJobs(engine.store, {
          now: Date.now(),
          ids: [job],
          running: 'remove',
          place: ofTheDead(),
        })
        await put(3).run({ engine })
      },
    })
    await expect(run).rejects.toMatchObject({ code: 'LEASE' })
    expect(await place.output('slept-out')).toBe('0\n1\n2\n')
  })
})

describe('reuse', () => {
  it('runs only what is new: an equal stage of an earlier job is used, one of other data is not', async () => {
    const engine = place.engine({ directory: place.path('reuse-store') })
    await place.write('reuse/a.txt', 'b\nb\na\nb\n')
    const words = read.text(place.path('reuse/*.txt'), { splitBytes: 4 }).words().valueCounts()
    const events: JobEvent[] = []
    const onEvent = (event: JobEvent): void => void events.push(event)
    await words.write.csv('reuse-1').run({ engine, reuse: true })
    await words.write.jsonl('reuse-2').run({ engine, reuse: true, onEvent })
    expect(await place.output('reuse-2')).toBe('{"value":"b","count":3}\n{"value":"a","count":1}\n')
    expect(events.filter(event => event.type === 'stageReused')).toMatchObject([{ stage: 0 }])
    expect(launched(events).some(task => task.startsWith('0/'))).toBe(false)
    await place.write('reuse/b.txt', 'c\n')
    expect(await words.collect({ engine, reuse: true })).toHaveLength(3)
  })

  it('does without what has been cleaned away', async () => {
    const engine = place.engine({ directory: place.path('gone-store') })
    const words = range(10, { splitRows: 2 })
      .map(n => n % 3)
      .valueCounts()
    await words.count({ engine, reuse: true })
    expect(await place.names('gone-store/reuse')).toHaveLength(1)
    await rm(place.path('gone-store/jobs'), { recursive: true })
    expect(await words.count({ engine, reuse: true })).toBe(3)
  })

  it('runs a stage after all whose earlier output is damaged, once: the next job uses that', async () => {
    const engine = place.engine({ directory: place.path('damaged-store') })
    const words = range(40, { splitRows: 10 })
      .map(n => n % 3)
      .valueCounts()
    const { job } = await words.write.csv('damaged-1').run({ engine, reuse: true })
    const data = `damaged-store/jobs/${job}/stage-0/data`
    for (const name of await place.names(data)) await place.write(`${data}/${name}`, 'damaged')
    const counts = async (events: JobEvent[] = []): Promise<number> => {
      const { length } = await words.collect({ engine, reuse: true, onEvent: e => void events.push(e) })
      return length
    }
    const events: JobEvent[] = []
    expect(await counts(events)).toBe(3)
    expect(events.map(({ type }) => type)).toContain('taskRemade')
    expect(launched(events).filter(task => task.startsWith('0/'))).toHaveLength(4)
    const later: JobEvent[] = []
    expect(await counts(later)).toBe(3)
    expect(launched(later).some(task => task.startsWith('0/'))).toBe(false)
  })
})

describe('a job whose output cannot be published', () => {
  it('is retried when what stood in the way is gone, and not resumed', async () => {
    const engine = place.engine({ directory: place.path('blocked-store') })
    let job = ''
    const block = async (event: JobEvent): Promise<void> => {
      if (event.type === 'jobStarted') job = event.job
      // The directory was empty when the job began.
      if (event.type === 'stageStarted') await place.write('blocked-out/foreign.txt', 'x')
    }
    const run = range(600, { splitRows: 100 }).write.text('blocked-out').run({ engine, onEvent: block })
    await expect(run).rejects.toMatchObject({ code: 'OUTPUT_NOT_EMPTY' })
    await expect(resumeJob(job, { engine })).rejects.toMatchObject({
      message: `job ${job} has ended: it failed`,
    })
    await rm(place.path('blocked-out/foreign.txt'))
    const { report } = await retryJob(job, { engine })
    expect(report).toMatchObject({ state: 'succeeded', outputs: [{ rows: 600 }] })
    expect((await place.output('blocked-out')).trim().split('\n')).toHaveLength(600)
  })
})

describe('a cleaning that is cut short', () => {
  it('after any of its deletions leaves a job that goes on rightly or not at all, and the next one ends it', async () => {
    const { job } = await failed('cut')
    await place.write('cut-go', '')
    const endings = new Set<string>()
    let deletions = 0
    for (let isCut = true; isCut; deletions++) {
      const directory = place.path(`cut-store-${deletions}`)
      await cp(place.path('cut-store'), directory, { recursive: true })
      const engine = place.engine({ directory })
      const cut = cutAfter(engine.store, deletions)
      isCut = await cleanJobs(cut, { now: Date.now(), ids: [job], place: ofTheDead() }).then(
        () => false,
        () => true,
      )
      const ended = await retryJob(job, { engine }).then(
        () => 'succeeded',
        (error: DunlinError) => error.code,
      )
      endings.add(ended)
      if (ended === 'succeeded') expect(await written('cut-out')).toEqual(EXPECTED)
      await rm(place.path('cut-out'), { recursive: true, force: true })
      await cleanJobs(engine.store, { now: Date.now(), ids: [job] })
      expect(await place.names(`cut-store-${deletions}/jobs/${job}`)).toEqual([])
    }
    expect(deletions).toBeGreaterThan(20)
    expect([...endings].sort()).toEqual(['NOT_FOUND', 'succeeded'])
  }, 60_000)
})

/** The process ends when it has deleted so many objects. */
function cutAfter(store: ObjectStore, deletions: number): ObjectStore {
  let left = deletions
  return replaced(store, {
    async delete(keys: readonly string[]) {
      for (const key of keys) {
        if (left-- <= 0) throw new Error('the process was killed')
        await store.delete([key])
      }
    },
  })
}

/** Who cleans is a process of this machine that has ended since. */
const ofTheDead = () => ({ ...systemPlace, pid: spawnSync(process.execPath, ['--version']).pid })
