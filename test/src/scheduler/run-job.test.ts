/** Jobs over a backend and a clock that do as the test says. */
import { describe, expect, test } from 'vitest'
import { manifestTimeoutMs } from '../../../src/job/policies/manifest-time.ts'
import { startJob } from '../../../src/scheduler/run-job.ts'
import type { StageTaskEvent, TaskResult } from '../../../src/task/task-event.ts'
import {
  cancelled,
  id,
  planned,
  reader,
  scan,
  success,
  toDriver,
  toFiles,
  toPartitions,
} from '../job/plans.ts'
import { type Answer, FakeBackend, fakeEngine, turns, untilAborted } from './fake-engine.ts'
import { running, twoStages, wellBehaved } from './running.ts'

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
      requests: { gets: 12, puts: 6, lists: 0, deletes: 0 },
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
      epoch: 1,
      attempt: 1,
      nonce: '0000000000000000',
      deadline: clock.now() + 60_000,
      splits: [{ ranges: [expect.objectContaining({ key: '0.txt' })] }],
      exchanges: [null],
    })
    expect(manifest).toMatchObject({ kind: 'manifest', stage: 0, tasks: 3, partitions: 2, rows: 30 })
    const own = clock.now() + manifestTimeoutMs({ tasks: 3, partitions: 2 })
    expect(manifest?.deadline, 'not that of the tasks').toBe(own)
    expect(fifth).toMatchObject({ splits: [null], exchanges: [{ job: 'job-1', stage: 0, generation: 0 }] })
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
