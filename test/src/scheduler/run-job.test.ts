/** Jobs over a backend and a clock that do as the test says. */
import { describe, expect, test } from 'vitest'
import type { Stage } from '../../../planner/index.ts'
import type { JobEvent } from '../../../src/events/job-event.ts'
import { ConcurrencyLimit } from '../../../src/scheduler/concurrency-limit.ts'
import { type JobOutcome, type RunJobOptions, runJob, startJob } from '../../../src/scheduler/run-job.ts'
import type { StageTaskEvent, TaskEvent, TaskResult } from '../../../src/task/task-event.ts'
import {
  cancelled,
  failure,
  id,
  lost,
  planned,
  reader,
  scan,
  success,
  toDriver,
  toFiles,
  toPartitions,
} from '../job/plans.ts'
import { type Answer, FakeBackend, FakeClock, fakeEngine, turns, untilAborted } from './fake-engine.ts'

interface Running {
  readonly outcome: Promise<JobOutcome>
  readonly backend: FakeBackend
  readonly clock: FakeClock
  readonly events: JobEvent[]
}

function running(
  stages: readonly Stage[],
  answer: Answer,
  more: Partial<RunJobOptions> & { slots?: number } = {},
): Running {
  const { slots = 4, ...options } = more
  const clock = new FakeClock()
  const backend = new FakeBackend(slots, answer)
  const events: JobEvent[] = []
  const outcome = runJob({
    job: 'job-1',
    name: 'test',
    planned: planned(stages),
    engine: fakeEngine(backend, clock),
    seed: 7,
    onEvent: event => void events.push(event),
    ...options,
  })
  return { outcome, backend, clock, events }
}

/** Ten rows a task; the last task of a reader reads all there is. */
function wellBehaved(stages: readonly Stage[]): Answer {
  return event => {
    if (event.kind === 'manifest') return success({ rowsOut: event.rows, schema: event.schema })
    const stage = stages.find(s => s.id === event.stage)!
    const last = event.task === stage.tasks - 1
    const read = stage.inputs.map(i =>
      i.kind === 'exchange' ? stages.find(s => s.id === i.from)!.tasks * 10 : 0,
    )
    return success({
      attempt: event.attempt,
      rowsOut: 10,
      rowsIn: last ? read.reduce((a, b) => a + b, 0) : 0,
    })
  }
}

function twoStages(tasks = 3): Stage[] {
  const first = scan(0, tasks, toPartitions(2))
  return [first, reader(1, [first], toFiles)]
}

describe('a job', () => {
  test('runs its stages, gives the results in task order and reports what was done', async () => {
    const stages = twoStages()
    const { outcome, backend, events, clock } = running(stages, wellBehaved(stages))
    const { state, failures, results, schemas, report } = await outcome
    expect({ state, failures }).toEqual({ state: 'succeeded', failures: [] })
    expect(results.get(id(1))?.map(r => r.rowsOut)).toEqual([10, 10])
    expect([...results.keys()]).toEqual([1])
    expect(schemas.get(id(1))?.fields).toHaveLength(1)
    expect(report).toMatchObject({
      job: 'job-1',
      tasks: 5,
      attempts: 5,
      retries: 0,
      requests: { gets: 12, puts: 6 },
    })
    expect(events.at(0)?.type).toBe('jobStarted')
    expect(events.at(-1)).toEqual({
      time: clock.now(),
      type: 'jobFinished',
      job: 'job-1',
      state: 'succeeded',
    })
    expect(backend.events.map(e => e.kind)).toEqual(['task', 'task', 'task', 'manifest', 'task', 'task'])
    expect(clock.waiting, 'timers left').toBe(0)
  })

  test('sends each task what it needs, and to each delivery a nonce of its own', async () => {
    const stages = twoStages()
    const { outcome, backend, clock } = running(stages, wellBehaved(stages))
    await outcome
    const [first, , , manifest, fifth] = backend.events
    expect(first).toEqual({
      version: 1,
      kind: 'task',
      job: 'job-1',
      store: 'memory://fake/',
      fingerprint: 'f1a9',
      codeHash: 'c0de',
      seed: 7,
      stage: 0,
      task: 0,
      generation: 0,
      attempt: 1,
      nonce: '0000000000000000',
      deadline: clock.now() + 60_000,
      splits: [{ ranges: [expect.objectContaining({ key: '0.txt' })] }],
    })
    expect(manifest).toMatchObject({ kind: 'manifest', stage: 0, tasks: 3, partitions: 2, rows: 30 })
    expect((fifth as StageTaskEvent).splits).toEqual([null])
    expect(new Set(backend.events.map(e => e.nonce)).size).toBe(6)
  })

  test('gives the tasks of inputs that stand one after another their own splits', async () => {
    const producer = scan(0, 1, toPartitions(2))
    const [splits] = scan(1, 2, toDriver).inputs
    const [exchange] = reader(1, [producer], toDriver).inputs
    const both = { ...scan(1, 6, toDriver), layout: 'concat' as const, inputs: [splits!, exchange!, splits!] }
    const stages = [producer, both]
    const { outcome, backend } = running(stages, wellBehaved(stages), { slots: 1 })
    expect((await outcome).state).toBe('succeeded')
    const sent = backend.events.filter((e): e is StageTaskEvent => e.kind === 'task' && e.stage === id(1))
    const keys = sent.map(e => e.splits.map(s => s?.ranges[0]?.key ?? '-').join(' '))
    expect(keys).toEqual(['0.txt - -', '1.txt - -', '- - -', '- - -', '- - 0.txt', '- - 1.txt'])
  })

  test('keeps to the slots, and to its own concurrency below them', async () => {
    const stages = [scan(0, 40, toDriver)]
    const slow: Answer = async event => {
      await new Promise(resolve => setImmediate(resolve))
      return wellBehaved(stages)(event, AbortSignal.abort())
    }
    const wide = running(stages, slow, { slots: 5 })
    await wide.outcome
    expect(wide.backend.mostInFlight).toBe(5)
    const narrow = running(stages, slow, { slots: 5, concurrency: 2 })
    await narrow.outcome
    expect(narrow.backend.mostInFlight).toBe(2)
  })

  test('of 10,000 tasks launches each once, keeps no logs and no counters, and lets others have their turn', async () => {
    const stages = [scan(0, 10_000, toFiles)]
    let turnsOfOthers = 0
    const other = setInterval(() => turnsOfOthers++, 1)
    const answer: Answer = event => ({
      ...success({ rowsOut: 1, counters: { seen: 1 } }),
      logs: [{ level: 'info', message: `task ${(event as StageTaskEvent).task}` }],
    })
    const { outcome, backend, events } = running(stages, answer, { slots: 100 })
    const { results, report } = await outcome
    clearInterval(other)
    expect(backend.events).toHaveLength(10_000)
    expect(backend.mostInFlight).toBe(100)
    expect(report).toMatchObject({ tasks: 10_000, attempts: 10_000, counters: { seen: 10_000 } })
    expect(events.filter(e => e.type === 'log')).toHaveLength(10_000)
    const kept = results.get(id(0))!
    expect(kept).toHaveLength(10_000)
    expect(kept.every(r => r.logs.length === 0 && Object.keys(r.counters).length === 0)).toBe(true)
    expect(new Set(kept.map(r => r.schema)).size, 'one schema object for all').toBe(1)
    expect(turnsOfOthers).toBeGreaterThan(0)
  })

  test('of a partial wave gives the first tasks that suffice, in order, whatever came first', async () => {
    const gates = new Map<number, (result: TaskResult) => void>()
    const answer: Answer = (event, signal) => {
      const { task } = event as StageTaskEvent
      const given = new Promise<TaskResult>(resolve => void gates.set(task, resolve))
      return task === 0 ? success({ rowsOut: 1 }) : Promise.race([given, untilAborted(signal, cancelled)])
    }
    const { outcome, backend } = running([scan(0, 50, toDriver, { until: { rows: 6 } })], answer)
    await turns()
    expect([...gates.keys()]).toEqual([0, 1, 2, 3])
    for (const task of [3, 2, 1]) {
      gates.get(task)!(success({ rowsOut: task + 2 }))
      await turns()
    }
    const { results, report } = await outcome
    expect(results.get(id(0))?.map(r => r.rowsOut)).toEqual([1, 3, 4])
    expect(report).toMatchObject({ tasks: 50, skipped: 46, attempts: 4 })
    expect(backend.inFlight).toBe(0)
  })

  test('grows while it runs', async () => {
    const first = scan(0, 1, toPartitions(1))
    const backend = new FakeBackend(2, async event => {
      await turns()
      return wellBehaved([first, second])(event, AbortSignal.abort())
    })
    const second = reader(5, [first], toDriver)
    const engine = fakeEngine(backend)
    const job = startJob({ job: 'job-1', name: 'test', planned: planned([first]), engine, seed: 1 })
    await expect(job.addStages(planned([first]))).rejects.toThrow('a stage of this number already')
    await job.addStages(planned([second]))
    const { state, results } = await job.outcome
    expect(state).toBe('succeeded')
    expect(results.get(id(5))).toHaveLength(1)
    await expect(job.addStages(planned([scan(9, 1, toDriver)]))).rejects.toThrow('has ended')
  })
})

describe('failures', () => {
  test('a worker lost ten times: every task is done in the end, and the report says so', async () => {
    const stages = twoStages(20)
    let kills = 10
    const answer: Answer = event => (kills-- > 0 ? lost : wellBehaved(stages)(event, AbortSignal.abort()))
    const { outcome, clock } = running(stages, answer)
    await clock.pass(10_000)
    const { state, report, failures } = await outcome
    expect(state).toBe('succeeded')
    expect(report).toMatchObject({ retries: 10, attempts: 32, tasks: 22 })
    expect(failures.map(f => f.code)).toEqual(['WORKER_LOST'])
  })

  test('one task lost ten times in a row is done in the end where as many retries are allowed', async () => {
    let kills = 10
    const { outcome, clock, backend } = running(
      [scan(0, 1, toDriver)],
      () => (kills-- > 0 ? lost : success({})),
      {
        retries: 10,
      },
    )
    await clock.pass(300_000)
    expect((await outcome).state).toBe('succeeded')
    expect(backend.events.map(e => e.attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  test('retries wait twice as long each time', async () => {
    const at: number[] = []
    const { outcome, clock } = running([scan(0, 1, toDriver)], () => {
      at.push(clock.now())
      return lost
    })
    await clock.pass(10_000)
    expect((await outcome).state).toBe('failed')
    expect(at.slice(1).map((t, i) => t - at[i]!)).toEqual([50, 100, 200])
  })

  test('a call that rejects, throws or answers nonsense is a lost worker', async () => {
    const ways: (() => TaskResult | Promise<TaskResult>)[] = [
      () => Promise.reject(new Error('socket hang up')),
      () => {
        throw new TypeError('no such function')
      },
      () => undefined as unknown as TaskResult,
      () => ({ ok: 'yes' }) as unknown as TaskResult,
    ]
    for (const way of ways) {
      let first = true
      const answer: Answer = () => {
        const isFirst = first
        first = false
        return isFirst ? way() : success({})
      }
      const { outcome, clock } = running([scan(0, 1, toDriver)], (e, s) => answer(e, s))
      await clock.pass(1_000)
      const { state, failures } = await outcome
      expect(state).toBe('succeeded')
      expect(failures).toMatchObject([{ code: 'WORKER_LOST', retryable: true, place: { stage: 0, task: 0 } }])
    }
  })

  test('a call that hangs is aborted after its deadline and tried again; its slot comes back', async () => {
    const signals: AbortSignal[] = []
    const answer: Answer = (event, signal) => {
      signals.push(signal)
      return event.attempt === 1 ? new Promise<never>(() => {}) : success({ attempt: event.attempt })
    }
    const { outcome, clock, backend } = running([scan(0, 1, toDriver)], answer, { slots: 1 })
    await clock.pass(64_999)
    expect(signals[0]?.aborted).toBe(false)
    await clock.pass(1)
    expect(signals[0]?.aborted).toBe(true)
    await clock.pass(3_000)
    const { state, failures } = await outcome
    expect(state).toBe('succeeded')
    expect(failures.map(f => f.code)).toEqual(['TIMEOUT'])
    expect(backend.events).toHaveLength(2)
  })

  test('a commit told after the call was given up still counts', async () => {
    const answers: ((result: TaskResult) => void)[] = []
    const answer: Answer = () => new Promise<TaskResult>(resolve => void answers.push(resolve))
    const { outcome, clock } = running([scan(0, 1, toDriver)], answer)
    await clock.pass(65_000)
    answers[0]!(success({ rowsOut: 3 }))
    const { state, results } = await outcome
    expect(state).toBe('succeeded')
    expect(results.get(id(0))?.[0]?.rowsOut).toBe(3)
  })

  test('a failure that stands cancels what else runs and tells the first of each kind', async () => {
    const answer: Answer = (event, signal) =>
      (event as StageTaskEvent).task === 2 ? failure('BAD_RECORD') : untilAborted(signal, cancelled)
    const { outcome, backend } = running(twoStages(), answer)
    const { state, failure: why, failures, report } = await outcome
    expect(state).toBe('failed')
    expect(why).toMatchObject({ code: 'BAD_RECORD', place: { job: 'job-1', stage: 0, task: 2, attempt: 1 } })
    expect(failures).toEqual([why])
    expect(report.failures).toEqual([why])
    expect(backend.inFlight).toBe(0)
  })

  test('a plan whose splits are missing fails the job instead of hanging it', async () => {
    const plan = { ...planned([scan(0, 2, toDriver)]), splits: new Map() }
    const { outcome } = running([], () => success({}), { planned: plan })
    expect((await outcome).failure).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('no split 0'),
    })
  })

  test('a retry policy of none fails at the first failure', async () => {
    const { outcome, backend } = running([scan(0, 1, toDriver)], () => lost, { retries: 0 })
    expect((await outcome).state).toBe('failed')
    expect(backend.events).toHaveLength(1)
  })
})

describe('cancelling', () => {
  test('an abort stops every attempt at once, and the job ends when they have answered', async () => {
    const abort = new AbortController()
    const { outcome, backend, clock } = running(
      twoStages(10),
      (_, signal) => untilAborted(signal, cancelled),
      {
        signal: abort.signal,
      },
    )
    await turns()
    expect(backend.inFlight).toBe(4)
    abort.abort(new Error('Ctrl-C'))
    const { state, failure: why, failures, report } = await outcome
    expect(state).toBe('cancelled')
    expect(why).toMatchObject({ code: 'CANCELLED', message: 'job job-1 was cancelled: Ctrl-C' })
    expect(failures).toEqual([])
    expect(report).toMatchObject({ state: 'cancelled', attempts: 4, failures: [] })
    expect(backend.inFlight).toBe(0)
    expect(clock.waiting).toBe(0)
  })

  test('attempts that never answer are waited for two seconds and no longer', async () => {
    const abort = new AbortController()
    const { outcome, clock } = running(twoStages(), () => new Promise<never>(() => {}), {
      signal: abort.signal,
    })
    let ended = false
    void outcome.then(() => {
      ended = true
    })
    await turns()
    abort.abort()
    await clock.pass(1_999)
    expect(ended).toBe(false)
    await clock.pass(1)
    expect(ended).toBe(true)
    expect(clock.waiting).toBe(0)
  })

  test('a job that is aborted before it starts launches nothing', async () => {
    const { outcome, backend } = running(twoStages(), () => success({}), { signal: AbortSignal.abort() })
    expect((await outcome).state).toBe('cancelled')
    expect(backend.events).toEqual([])
  })

  test('a job that is waiting to retry ends at once', async () => {
    const abort = new AbortController()
    const { outcome, clock } = running([scan(0, 1, toDriver)], () => lost, { signal: abort.signal })
    await turns()
    abort.abort()
    expect((await outcome).state).toBe('cancelled')
    expect(clock.waiting).toBe(0)
  })
})

describe('a shared limit', () => {
  test('two jobs have their turns, whatever the first one wants, and never hold more than there is', async () => {
    const order: string[] = []
    const stages = [scan(0, 30, toDriver)]
    let inFlight = 0
    let most = 0
    const backend = new FakeBackend(3, async (event: TaskEvent) => {
      order.push(event.job)
      most = Math.max(most, ++inFlight)
      await turns()
      inFlight--
      return success({})
    })
    const engine = fakeEngine(backend)
    const limit = new ConcurrencyLimit(3)
    const run = (job: string) => runJob({ job, name: job, planned: planned(stages), engine, seed: 1, limit })
    const outcomes = await Promise.all([run('first'), run('second')])
    expect(outcomes.map(o => o.state)).toEqual(['succeeded', 'succeeded'])
    expect(most).toBe(3)
    const half = order.slice(0, 30)
    const ofSecond = half.filter(job => job === 'second').length
    expect(ofSecond).toBeGreaterThanOrEqual(12)
  })

  /** What the limit gives to jobs that together want more than it has. */
  async function slotsOf(limit: ConcurrencyLimit): Promise<number> {
    let inFlight = 0
    let most = 0
    const slow: Answer = async () => {
      most = Math.max(most, ++inFlight)
      await turns()
      inFlight--
      return success({})
    }
    const jobs = [1, 2, 3].map(() => running([scan(0, 10, toDriver)], slow, { limit }))
    for (const { outcome } of jobs) expect((await outcome).state).toBe('succeeded')
    return most
  }

  test('a job that ends gives all its slots back, once, even if its calls answer later', async () => {
    const limit = new ConcurrencyLimit(2)
    const abort = new AbortController()
    const gate = Promise.withResolvers<TaskResult>()
    const hangs = running([scan(0, 5, toDriver)], () => gate.promise, { limit, signal: abort.signal })
    await turns()
    abort.abort()
    await hangs.clock.pass(2_000)
    await hangs.outcome
    expect(await slotsOf(limit)).toBe(2)
    gate.resolve(success({}))
    await turns()
    expect(await slotsOf(limit)).toBe(2)
  })

  test('a slot granted to a job in the moment of its end comes back, once', async () => {
    const limit = new ConcurrencyLimit(1)
    const gate = Promise.withResolvers<TaskResult>()
    const holder = running([scan(0, 1, toDriver)], () => gate.promise, { limit })
    await turns()
    const abort = new AbortController()
    const waiter = running([scan(0, 5, toDriver)], () => success({}), { limit, signal: abort.signal })
    await turns()
    abort.abort()
    gate.resolve(success({}))
    expect((await waiter.outcome).state).toBe('cancelled')
    await holder.outcome
    expect(waiter.backend.events).toEqual([])
    expect(await slotsOf(limit)).toBe(1)
  })

  test('a slot granted to a job that is being cancelled goes to others at once', async () => {
    const limit = new ConcurrencyLimit(2)
    const gate = Promise.withResolvers<TaskResult>()
    const other = running([scan(0, 5, toDriver)], () => gate.promise, { limit, concurrency: 1 })
    await turns()
    const abort = new AbortController()
    const never = new Promise<never>(() => {})
    const deaf = running([scan(0, 5, toDriver)], () => never, { limit, signal: abort.signal })
    await turns()
    abort.abort()
    gate.resolve(success({}))
    expect((await other.outcome).state, 'while the first waits for an answer').toBe('succeeded')
    await deaf.clock.pass(2_000)
    expect((await deaf.outcome).state).toBe('cancelled')
    expect(await slotsOf(limit)).toBe(2)
  })
})

describe('listeners', () => {
  test('a listener that throws fails the job with what it threw', async () => {
    const { outcome } = running(twoStages(), () => success({ rowsOut: 10 }), {
      onEvent: event => {
        if (event.type === 'taskCommitted') throw new Error('the bar broke')
      },
    })
    expect(await outcome).toMatchObject({ state: 'failed', failure: { message: 'the bar broke' } })
  })

  test('a listener that throws at the last commit fails the job too', async () => {
    const { outcome } = running([scan(0, 1, toDriver)], () => success({}), {
      onEvent: event => (event.type === 'stageFinished' ? Promise.reject(new Error('no space')) : undefined),
    })
    expect(await outcome).toMatchObject({ state: 'failed', failure: { message: 'no space' }, failures: [{}] })
  })

  test('a promise holds launches back until it settles; an abort does not wait for it', async () => {
    for (const way of ['release', 'abort'] as const) {
      const hold = Promise.withResolvers<void>()
      const abort = new AbortController()
      const { outcome, backend } = running([scan(0, 9, toDriver)], () => success({}), {
        slots: 1,
        signal: abort.signal,
        onEvent: event => (event.type === 'taskCommitted' ? hold.promise : undefined),
      })
      await turns()
      // The slot of the first task was granted again before its commit was heard of.
      expect(backend.events).toHaveLength(2)
      if (way === 'abort') abort.abort()
      else hold.resolve()
      expect((await outcome).state).toBe(way === 'abort' ? 'cancelled' : 'succeeded')
    }
  })
})

describe('publishing', () => {
  test('the output is published before the job is said to have finished', async () => {
    const order: string[] = []
    const { outcome } = running([scan(0, 2, toFiles)], () => success({}), {
      onEvent: event => void order.push(event.type),
      publish: async ({ results }) => {
        order.push(`published ${results.get(id(0))?.length}`)
      },
    })
    await outcome
    expect(order.slice(-2)).toEqual(['published 2', 'jobFinished'])
  })

  test('a job whose output cannot be published has failed; one that failed is not published', async () => {
    const publish = () => Promise.reject(new Error('no space left'))
    const well = running([scan(0, 1, toFiles)], () => success({}), { publish })
    expect(await well.outcome).toMatchObject({
      state: 'failed',
      failure: { message: 'no space left' },
      failures: [{}],
    })
    expect(well.events.at(-1)).toMatchObject({ type: 'jobFinished', state: 'failed' })
    const badly = running([scan(0, 1, toFiles)], () => failure('BAD_RECORD'), { publish })
    expect((await badly.outcome).failure?.code).toBe('BAD_RECORD')
  })
})
