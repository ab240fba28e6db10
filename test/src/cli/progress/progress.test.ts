/** Progress: from events to what is known, and from that to lines of text. */
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Failure } from '../../../../operators/index.ts'
import type { StageId } from '../../../../planner/index.ts'
import { COLOURS } from '../../../../src/cli/palette.ts'
import { eventText, FAILURES_TOLD } from '../../../../src/cli/progress/event-text.ts'
import {
  advanceProgress,
  type JobProgress,
  NO_PROGRESS,
  stopped,
} from '../../../../src/cli/progress/progress-model.ts'
import { progressLines } from '../../../../src/cli/progress/progress-text.ts'
import { textWidth } from '../../../../src/cli/progress/text-width.ts'
import type { JobEvent } from '../../../../src/events/job-event.ts'

const stage = (id: number): StageId => id as StageId

const started: JobEvent = {
  type: 'jobStarted',
  time: 1_000,
  job: '20261121-034112-x7f3k2',
  name: 'words',
  engine: 'local',
  stages: [
    { id: stage(0), title: 'Scan text → FlatMap tokenize → PartialAggregate', tasks: 4, bytes: 4e6 },
    { id: stage(1), title: 'FinalAggregate → Write csv', tasks: 2, bytes: 0 },
  ],
}

const stats = {
  rowsIn: 500,
  rowsOut: 50,
  bytesIn: 1e6,
  bytesOut: 1e4,
  spilledBytes: 0,
  peakMemoryBytes: 0,
  gets: 1,
  puts: 1,
  durationMs: 400,
  invalidText: 0,
}
const failure: Failure = {
  code: 'WORKER_LOST',
  message: 'the worker died',
  retryable: true,
  place: {},
  causes: [],
}

const committed = {
  generation: 0,
  rowsOut: stats.rowsOut,
  commit: { nonce: 'n', exchangeRowsIn: 0, schema: null },
}

const begin = (time: number, task: number, attempt = 1): JobEvent => ({
  ...{ type: 'taskStarted', time, stage: stage(0), task, attempt },
})
const commit = (time: number, task: number, attempt = 1): JobEvent => ({
  ...{ type: 'taskCommitted', time, stage: stage(0), task, attempt, stats, counters: {} },
  ...committed,
})
const fail = (time: number, task: number, retryInMs: number | null = 100): JobEvent => ({
  ...{ type: 'taskFailed', time, stage: stage(0), task, attempt: 1, failure, retryInMs },
})

/** Half of the first stage: two tasks are done, one of them on its second attempt, and two run. */
const HALF: readonly JobEvent[] = [
  started,
  { type: 'stageStarted', time: 1_000, stage: stage(0), tasks: 4 },
  ...[
    begin(1_000, 0),
    begin(1_000, 1),
    fail(1_200, 1),
    begin(1_300, 1, 2),
    commit(1_500, 0),
    begin(1_500, 2),
  ],
  ...[commit(1_800, 1, 2), begin(1_800, 3)],
]
const WHOLE: readonly JobEvent[] = [
  ...HALF,
  ...[commit(2_000, 2), commit(2_100, 3)],
  { type: 'manifestStarted', time: 2_100, stage: stage(0), attempt: 1 },
  { type: 'manifestWritten', time: 2_150, stage: stage(0), attempt: 1, generation: 0, stats },
  { type: 'stageFinished', time: 2_150, stage: stage(0), rowsOut: 200 },
  { type: 'stageStarted', time: 2_150, stage: stage(1), tasks: 2 },
  ...[0, 1].flatMap((task): JobEvent[] => [
    { type: 'taskStarted', time: 2_200, stage: stage(1), task, attempt: 1 },
    {
      type: 'taskCommitted',
      time: 2_400,
      stage: stage(1),
      task,
      attempt: 1,
      stats,
      counters: {},
      ...committed,
    },
  ]),
  { type: 'stageFinished', time: 2_400, stage: stage(1), rowsOut: 100 },
  { type: 'jobFinished', time: 2_500, job: '20261121-034112-x7f3k2', state: 'succeeded' },
]

const after = (events: readonly JobEvent[]): JobProgress => events.reduce(advanceProgress, NO_PROGRESS)
const shown = (progress: JobProgress, width: number, now: number, height = 24): string =>
  `\n${progressLines(progress, { width, height, now }).join('\n')}\n`

test('half a stage, as it looks in 80 columns', () => {
  expect(shown(after(HALF), 80, 2_000)).toMatchInlineSnapshot(`
    "
    words · local · 1.00 s
    ⠋ Scan text → FlatMap tokenize → PartialAggregate
      ━━━━━━━━━━━━╍╍╍╍╍╍╍╍╍╍╍╍ 2/4 tasks · 1 failed · 2 running · ETA 1.00 s
    · FinalAggregate → Write csv
      ──────────────────────── 2 tasks
    "
  `)
})

test('a finished job, as it stays', () => {
  expect(shown(after(WHOLE), 80, 9_999)).toMatchInlineSnapshot(`
    "
    words · local · 1.50 s
    ✔ Scan text → FlatMap tokenize → PartialAggregate
      ━━━━━━━━━━━━━━━━━━━━━━━━ 4/4 tasks · 1 failed · 1.15 s · 200 rows out
    ✔ FinalAggregate → Write csv
      ━━━━━━━━━━━━━━━━━━━━━━━━ 2/2 tasks · 250 ms · 100 rows out · 2.00 MB
    "
  `)
})

test('narrow terminals keep the figures that tell most', () => {
  expect(shown(after(HALF), 32, 2_000)).toMatchInlineSnapshot(`
    "
    words · local · 1.00 s
    ⠋ Scan text → FlatMap tokenize…
      ━━━━╍╍╍╍ 2/4 tasks · 1 failed
    · FinalAggregate → Write csv
      ──────── 2 tasks
    "
  `)
})

test('low terminals fold what is over and what waits', () => {
  const many: JobEvent = {
    ...started,
    stages: Array.from({ length: 30 }, (_, i) => ({
      id: stage(i),
      title: `Stage title ${i}`,
      tasks: 1,
      bytes: 0,
    })),
  } as JobEvent
  const progress = after([
    many,
    { type: 'stageStarted', time: 1_000, stage: stage(0), tasks: 1 },
    { type: 'stageFinished', time: 1_500, stage: stage(0), rowsOut: 1 },
    { type: 'stageStarted', time: 1_500, stage: stage(1), tasks: 1 },
  ])
  expect(shown(progress, 60, 2_000, 10)).toMatchInlineSnapshot(`
    "
    words · local · 1.00 s
    ✔ 1 stage finished
    ⠋ Stage title 1
      ────────────────── 0/1 tasks · 0 running
    · 28 stages waiting
    "
  `)
})

test('a failed job marks the stage that failed, a cancelled one the stage that was stopped', () => {
  const end = (state: 'failed' | 'cancelled'): JobEvent => ({
    type: 'jobFinished',
    time: 2_000,
    job: 'j',
    state,
    failure,
  })
  expect(shown(after([...HALF, end('failed')]), 80, 2_000)).toContain('✖ Scan text')
  expect(shown(after([...HALF, end('cancelled')]), 80, 2_000)).toContain('■ Scan text')
})

test('of an interrupted job nothing runs, and nothing is estimated', () => {
  expect(shown(stopped(after(HALF), 'interrupted', 2_000), 80, 9_999)).toMatchInlineSnapshot(`
    "
    words · local · 1.00 s
    ■ Scan text → FlatMap tokenize → PartialAggregate
      ━━━━━━━━━━━━──────────── 2/4 tasks · 1 failed · 0 running · 111 rows/s
    · FinalAggregate → Write csv
      ──────────────────────── 2 tasks
    "
  `)
})

test('running tasks are those that began and neither ended nor were cancelled', () => {
  const cancelled: JobEvent = { type: 'attemptCancelled', time: 1_900, stage: stage(0), task: 3, attempt: 1 }
  expect(after(HALF).stages[0]).toMatchObject({ done: 2, running: 2, failed: 1, rowsIn: 1_000 })
  expect(after([...HALF, cancelled]).stages[0]).toMatchObject({ done: 2, running: 1 })
})

test('a partial wave that had enough is done with the tasks that it took', () => {
  const few = after([
    ...HALF,
    { type: 'stageFinished', time: 2_000, stage: stage(0), rowsOut: 9, skipped: 2 },
  ])
  expect(shown(few, 80, 2_000)).toContain('2/2 tasks')
})

test('a job may grow by stages that nobody announced', () => {
  const grown = after([
    ...HALF,
    { type: 'stagesAdded', time: 1_900, stages: [{ id: stage(2), title: 'More', tasks: 3, bytes: 0 }] },
    { type: 'stageStarted', time: 1_950, stage: stage(3), tasks: 5 },
  ])
  expect(grown.stages.map(({ title, tasks, state }) => [title, tasks, state]).slice(2)).toEqual([
    ['More', 3, 'waiting'],
    ['Stage 3', 5, 'running'],
  ])
})

test('no line is wider than the terminal, no display higher, at any size and moment, with or without colour', () => {
  const moment = fc.integer({ min: 0, max: WHOLE.length })
  const size = fc.record({ width: fc.integer({ min: 1, max: 120 }), height: fc.integer({ min: 1, max: 30 }) })
  fc.assert(
    fc.property(moment, size, fc.boolean(), (events, { width, height }, coloured) => {
      const options = { width, height, now: 2_600, ...(coloured ? { palette: COLOURS } : {}) }
      const lines = progressLines(after(WHOLE.slice(0, events)), options)
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width)
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, height - 1))
    }),
  )
})

test('colours change nothing but the colours', () => {
  const plain = progressLines(after(HALF), { width: 80, height: 24, now: 2_000 })
  const coloured = progressLines(after(HALF), { width: 80, height: 24, now: 2_000, palette: COLOURS })
  expect(coloured.join()).toContain('\u001b[')
  expect(coloured.map(stripVTControlCharacters)).toEqual(plain)
})

test('a log has a line for each thing worth telling', () => {
  let progress = NO_PROGRESS
  const lines = WHOLE.flatMap(event => {
    progress = advanceProgress(progress, event)
    return eventText(progress, event) ?? []
  })
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    words: job 20261121-034112-x7f3k2 on local, 2 stages
    stage 0 started: 4 tasks, 4.00 MB: Scan text → FlatMap tokenize → PartialAggregate
    stage 0 task 1 attempt 1 failed, tried again in 100 ms: the worker died
    stage 0 finished in 1.15 s: 4 tasks, 200 rows out, 1 failed attempt
    stage 1 started: 2 tasks: FinalAggregate → Write csv
    stage 1 finished in 250 ms: 2 tasks, 100 rows out
    job 20261121-034112-x7f3k2 succeeded in 1.50 s
    "
  `)
})

test('a driver that has lost its job does not say that the job was cancelled', () => {
  const lost: Failure = { ...failure, code: 'LEASE', message: 'job j was taken over by process 7 on b' }
  const end: JobEvent = { type: 'jobFinished', time: 2_000, job: 'j', state: 'cancelled', failure: lost }
  expect(eventText(after([...HALF, end]), end)).toBe(
    'another driver goes on: job j was taken over by process 7 on b',
  )
})

test('one row is one row', () => {
  const one: JobEvent = { type: 'stageFinished', time: 2_000, stage: stage(0), rowsOut: 1 }
  const progress = after([...HALF, one])
  expect(eventText(progress, one)).toMatch(/ 1 row out/)
  expect(shown(progress, 80, 2_000)).toContain('1 row out')
})

test('of a flood of failures the first are told and the rest only counted', () => {
  let progress = after(HALF.slice(0, 2))
  const lines: string[] = []
  for (let task = 0; task < 1_000; task++) {
    const event = fail(1_100, task, null)
    progress = advanceProgress(progress, event)
    const line = eventText(progress, event)
    if (line !== undefined) lines.push(line)
  }
  expect(lines).toHaveLength(FAILURES_TOLD)
  expect(lines[0]).toBe('stage 0 task 0 attempt 1 failed, not tried again: the worker died')
  expect(lines.at(-1)).toContain('further failures of stage 0 are counted, not told')
})

test('a stage that is made again before it has started is as old as its start', () => {
  const again = (time: number, task: number | null): JobEvent => ({
    ...{ type: 'taskRemade', time, stage: stage(0), task, generation: 1 },
  })
  const finished: JobEvent = { type: 'stageFinished', time: 2_000, stage: stage(0), rowsOut: 200 }
  for (const task of [null, 3]) {
    const progress = after([started, again(1_100, task), HALF[1]!, ...HALF.slice(2), finished])
    expect(eventText(progress, finished)).toContain('stage 0 finished in 1.00 s')
  }
})

test('a stage all of whose tasks are made again waits until the first of them begins', () => {
  const again: JobEvent = { type: 'taskRemade', time: 5_000, stage: stage(0), task: null, generation: 1 }
  const waiting = after([...WHOLE.slice(0, -2), again])
  expect(shown(waiting, 80, 6_000)).toContain('· Scan text')
  const finished: JobEvent = { type: 'stageFinished', time: 8_000, stage: stage(0), rowsOut: 200 }
  const progress = after([...WHOLE.slice(0, -2), again, begin(7_000, 0), commit(7_500, 0), finished])
  expect(eventText(progress, finished)).toContain('stage 0 finished in 1.00 s: 1 task')
})
