/** The report is a fold over events: these are written by hand. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CountedFailure } from '../../../operators/index.ts'
import { withFirstFailure } from '../../../src/events/first-failures.ts'
import type { JobEvent } from '../../../src/events/job-event.ts'
import { foldReport, ReportBuilder } from '../../../src/events/report.ts'
import { failure, id, success } from '../job/plans.ts'

const { stats } = success({ rowsIn: 4, rowsOut: 2 })
const context = { fingerprint: 'f1a9', outputs: [{ uri: 'file:///out/', parts: 1, rows: 2, bytes: 5 }] }
const outline = { id: id(0), title: 'Scan', tasks: 3, bytes: 30 }

function started(time: number): JobEvent {
  return { type: 'jobStarted', time, job: 'j', name: 'words', engine: 'local', stages: [outline] }
}
function launch(time: number, task: number, attempt = 1): JobEvent {
  return { type: 'taskStarted', time, stage: id(0), task, attempt }
}
function commit(time: number, task: number, counters = {}, attempt = 1): JobEvent {
  return {
    type: 'taskCommitted',
    time,
    stage: id(0),
    task,
    attempt,
    generation: 0,
    rowsOut: stats.rowsOut,
    commit: { nonce: 'n', exchangeRowsIn: 0, schema: null },
    stats: { ...stats, invalidText: 1 },
    counters,
  }
}
function fail(
  time: number,
  task: number,
  why: ReturnType<typeof failure>,
  retryInMs: number | null,
): JobEvent {
  return { type: 'taskFailed', time, stage: id(0), task, attempt: 1, failure: why.failure, retryInMs }
}

const events: readonly JobEvent[] = [
  started(1_000),
  { type: 'stageStarted', time: 1_001, stage: id(0), tasks: 3 },
  launch(1_002, 0),
  launch(1_003, 1),
  { type: 'log', time: 1_004, stage: id(0), task: 0, level: 'info', message: 'hello' },
  fail(1_005, 0, failure('WORKER_LOST', { retryable: true }), 10),
  launch(1_015, 0, 2),
  commit(1_020, 1, { empty: 2 }),
  commit(1_030, 0, { empty: 1, odd: 5 }, 2),
  { type: 'attemptCancelled', time: 1_031, stage: id(0), task: 1, attempt: 2 },
  { type: 'manifestStarted', time: 1_032, stage: id(0), attempt: 1 },
  { type: 'manifestWritten', time: 1_040, stage: id(0), attempt: 1, generation: 0, stats },
  { type: 'stageFinished', time: 1_040, stage: id(0), rowsOut: 4, skipped: 1 },
  { type: 'jobFinished', time: 1_100, job: 'j', state: 'succeeded' },
]

describe('a report', () => {
  test('takes back what tasks said that are made again together', () => {
    const before = events.slice(0, 9)
    const again: JobEvent = {
      type: 'taskRemade',
      time: 1_050,
      stage: id(0),
      task: 0,
      generation: 1,
      others: { 1: 1 },
    }
    expect(foldReport(before, context).counters).toEqual({ empty: 3, odd: 5 })
    expect(foldReport([...before, again], context).invalidText).toBe(0)
  })

  test('adds up the committed attempts and the manifest', () => {
    expect(foldReport(events, context)).toEqual({
      job: 'j',
      name: 'words',
      state: 'succeeded',
      engine: 'local',
      startedAt: 1_000,
      finishedAt: 1_100,
      wallMs: 100,
      tasks: 3,
      skipped: 1,
      attempts: 3,
      retries: 1,
      extra: 0,
      bytesRead: 30,
      bytesExchanged: 0,
      bytesWritten: 15,
      bytesSpilled: 0,
      peakMemoryBytes: 0,
      requests: { gets: 6, puts: 3, lists: 0, deletes: 0 },
      stages: [
        {
          id: 0,
          title: 'Scan',
          tasks: 3,
          skipped: 1,
          attempts: 3,
          retries: 1,
          extra: 0,
          rowsIn: 8,
          rowsOut: 4,
          skippedRecords: 0,
          bytesIn: 30,
          exchangeBytesIn: 0,
          bytesOut: 15,
          spilledBytes: 0,
          peakMemoryBytes: 0,
          gets: 6,
          puts: 3,
          lists: 0,
          deletes: 0,
          wallMs: 38,
          taskMs: 14,
        },
      ],
      skippedRecords: 0,
      counters: { empty: 3, odd: 5 },
      invalidText: 2,
      failures: [{ ...failure('WORKER_LOST', { retryable: true }).failure, count: 1 }],
      ...context,
    })
  })

  test('of a job that failed has the failure that ended it, though no task had it', () => {
    const { failure: why } = failure('ROWS_NOT_CONSERVED')
    const ended: JobEvent = { type: 'jobFinished', time: 1_010, job: 'j', state: 'failed', failure: why }
    expect(foldReport([started(1_000), ended], context)).toMatchObject({
      state: 'failed',
      failures: [{ ...why, count: 1 }],
    })
  })

  test('counts the failures of each kind, and that which ends the job once', () => {
    const { failure: why } = failure('BAD_RECORD')
    const report = foldReport(
      [
        started(1_000),
        fail(1_001, 0, failure('WORKER_LOST'), 10),
        fail(1_002, 1, failure('WORKER_LOST'), 10),
        fail(1_003, 2, failure('BAD_RECORD'), null),
        { type: 'jobFinished', time: 1_010, job: 'j', state: 'failed', failure: why },
      ],
      context,
    )
    expect(report.failures.map(f => [f.code, f.count])).toEqual([
      ['WORKER_LOST', 2],
      ['BAD_RECORD', 1],
    ])
  })

  test('counts records that were skipped, and has the first failure of each kind of them', () => {
    const { failure: why } = failure('USER_FUNCTION')
    const details = { nonce: 'n', exchangeRowsIn: 0, schema: null }
    const skipping = (time: number, task: number, records: number): JobEvent => {
      const skipped = { read: 10, records, failures: [{ ...why, count: records }], parts: [] }
      return { ...commit(time, task), commit: { ...details, skipped } } as JobEvent
    }
    expect(
      foldReport([started(1), launch(2, 0), skipping(3, 0, 7), skipping(4, 1, 2)], context),
    ).toMatchObject({
      skippedRecords: 9,
      stages: [{ skippedRecords: 9 }],
      failures: [{ ...why, count: 9 }],
    })
  })

  test('counts a failure that nothing followed as no retry', () => {
    const report = foldReport([started(1), launch(2, 0), fail(3, 0, failure('BAD_RECORD'), null)], context)
    expect(report).toMatchObject({ attempts: 1, retries: 0, failures: [{ code: 'BAD_RECORD' }] })
  })

  test('of a cancelled job counts being cancelled as no failure', () => {
    const { failure: why } = failure('CANCELLED')
    const ended: JobEvent = { type: 'jobFinished', time: 1_010, job: 'j', state: 'cancelled', failure: why }
    expect(foldReport([started(1_000), ended], context)).toMatchObject({ state: 'cancelled', failures: [] })
  })

  test('of a job that grew has the added stages', () => {
    const added: JobEvent = {
      type: 'stagesAdded',
      time: 1_001,
      stages: [{ ...outline, id: id(4), tasks: 2 }],
    }
    expect(foldReport([started(1_000), added], context).stages.map(s => s.tasks)).toEqual([3, 2])
  })

  test('of a job that still runs is what is known so far', () => {
    const builder = new ReportBuilder()
    for (const event of events.slice(0, 4)) builder.add(event)
    expect(builder.parts()).toMatchObject({ attempts: 2, finishedAt: 1_003, wallMs: 3 })
    expect(builder.parts().stages[0]).toMatchObject({ wallMs: 0 })
  })

  test('of counters named like parts of objects is right too', () => {
    const report = foldReport(
      [started(1), commit(2, 0, JSON.parse('{"__proto__":3,"constructor":4}'))],
      context,
    )
    expect(Object.entries(report.counters)).toEqual([
      ['__proto__', 3],
      ['constructor', 4],
    ])
  })

  test('is the same whatever order commits arrive in', () => {
    const commits = [0, 1, 2].map(task => commit(5, task, { [`c${task}`]: task, all: 1 }))
    fc.assert(
      fc.property(fc.shuffledSubarray(commits, { minLength: 3 }), shuffled => {
        expect(JSON.stringify(foldReport([started(1), ...shuffled], context))).toBe(
          JSON.stringify(foldReport([started(1), ...commits], context)),
        )
      }),
    )
  })
})

const NONE: readonly CountedFailure[] = []

describe('first failures', () => {
  const of = (code: 'STORE' | 'CORRUPT' | 'WORKER_LOST', message: string, operator?: string) => {
    const { failure: f } = failure(code, { message })
    return operator === undefined ? f : { ...f, place: { operator } }
  }

  test('are one of each code, operator and message, numbers apart', () => {
    const all = [
      of('STORE', 'reset after 17 bytes'),
      of('STORE', 'reset after 99 bytes'),
      of('CORRUPT', 'reset after 17 bytes'),
      of('STORE', 'timed out'),
      of('STORE', 'timed out', 'Map a'),
      of('STORE', 'timed out', 'Map b'),
      of('STORE', `timed out${' '.repeat(100)}x`),
      of('STORE', `timed out${' '.repeat(100)}y`),
    ]
    const first = all.reduce(withFirstFailure, NONE)
    expect(first.map(({ count: _, ...f }) => f)).toEqual([0, 2, 3, 4, 5, 6].map(i => all[i]))
    expect(first.map(f => f.count)).toEqual([2, 1, 1, 1, 1, 2])
  })

  test('are of one kind whatever the lengths of their numbers', () => {
    const lost = (pid: number) =>
      of(
        'WORKER_LOST',
        `worker process ${pid} was killed by SIGKILL while it ran task 7 of stage 0, attempt 1`,
      )
    expect([lost(997), lost(998), lost(1_002_003)].reduce(withFirstFailure, NONE)).toEqual([
      { ...lost(997), count: 3 },
    ])
  })

  test('are at most a hundred', () => {
    const letters = Array.from({ length: 300 }, (_, i) => of('STORE', String.fromCodePoint(0x4e00 + i)))
    const first = [...letters, ...letters].reduce(withFirstFailure, NONE)
    expect(first).toEqual(letters.slice(0, 100).map(f => ({ ...f, count: 2 })))
  })

  test('leave the list before as it was', () => {
    const before = [of('STORE', 'a'), of('STORE', 'b')].reduce(withFirstFailure, NONE)
    const copy = structuredClone(before)
    withFirstFailure(before, of('STORE', 'a'))
    expect(before).toEqual(copy)
  })
})
