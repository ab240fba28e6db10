/** A job's report as text. */
import { expect, test } from 'vitest'
import { reportText } from '../../../src/cli/report-text.ts'
import type { JobReport } from '../../../src/events/job-event.ts'

const REPORT: JobReport = {
  ...{ job: 'j', name: 'words', state: 'succeeded', engine: 'local', fingerprint: 'f' },
  ...{ startedAt: 0, finishedAt: 5, wallMs: 5, tasks: 1, attempts: 2, retries: 1, extra: 0, bytesRead: 10 },
  ...{
    bytesWritten: 20,
    bytesSpilled: 3e6,
    peakMemoryBytes: 2e8,
    requests: { gets: 1, puts: 2, lists: 0, deletes: 0 },
    bytesExchanged: 0,
    stages: [],
    outputs: [],
    skippedRecords: 0,
  },
  ...{ counters: {}, invalidText: 1, failures: [] },
}

test('one of a thing is told in the singular', () => {
  expect(`\n${reportText(REPORT)}\n`).toMatchInlineSnapshot(`
    "
    ✔ words succeeded in 5 ms
      tasks    1 in 0 stages, 1 retry
      read     10 B
      written  20 B
      spilled  3.00 MB
      memory   200 MB a worker at most
      requests 1 get, 2 puts
      remark   1 invalid UTF-8 sequence read as U+FFFD; onInvalid: 'fail' refuses them
      job      j
    "
  `)
})

test('each kind of failure is told with how many there were and where the first was', () => {
  const lost = {
    ...{ code: 'WORKER_LOST' as const, message: 'worker thread 3 ended\nwith a stack', retryable: true },
    place: { job: 'j', stage: 0, task: 3, attempt: 1 },
    causes: [],
  }
  const failures = [
    { ...lost, count: 2 },
    { ...lost, code: 'STORE' as const, message: `reset ${'x'.repeat(200)}`, place: {}, count: 1 },
    ...['a', 'b', 'c', 'd', 'e'].map(message => ({ ...lost, message, count: 1 })),
  ]
  const lines = reportText({ ...REPORT, retries: 8, extra: 2, failures }).split('\n')
  expect(lines.slice(1, 8)).toEqual([
    '  tasks    1 in 0 stages, 8 retries, 2 started twice',
    '  failures 2 × WORKER_LOST: worker thread 3 ended (stage 0, task 3, attempt 1)',
    `           1 × STORE: reset ${'x'.repeat(113)}…`,
    '           1 × WORKER_LOST: a (stage 0, task 3, attempt 1)',
    '           1 × WORKER_LOST: b (stage 0, task 3, attempt 1)',
    '           1 × WORKER_LOST: c (stage 0, task 3, attempt 1)',
    '           and 2 more kinds; all are in the report as JSON',
  ])
})

test('skipped records are counted, with the first of each kind and where they are', () => {
  const failures: JobReport['failures'] = [
    { code: 'WORKER_LOST', message: 'gone', retryable: true, place: { attempt: 1 }, causes: [], count: 1 },
    {
      code: 'BAD_RECORD',
      message: 'not JSON',
      retryable: false,
      place: { at: 'a.jsonl:3' },
      causes: [],
      count: 1,
    },
  ]
  const deadLetters = { uri: 'file:///out/bad/', parts: 1, rows: 12, bytes: 900 }
  const text = reportText({ ...REPORT, skippedRecords: 12, deadLetters, failures })
  expect(text).toContain('  skipped  12 bad records; dead letters: file:///out/bad/\n')
  expect(text).toContain('           1 × BAD_RECORD: not JSON (a.jsonl:3)\n')
})

test('what was paid is told with how it was known and by which prices', () => {
  const requests = { gets: 1, puts: 2, lists: 3, deletes: 4 }
  const cost = {
    ...{ dollars: 0.0123, gbSeconds: 12.345, guessedGbSeconds: 1.5, invocations: 40 },
    ...{ requests, priced: 'us-east-1, 2026-11' },
  }
  const lines = reportText({ ...REPORT, requests, cost }).split('\n')
  expect(lines.slice(6, 8)).toEqual([
    '  requests 1 get, 2 puts, 3 lists, 4 deletes',
    '  cost     $0.0123: 12.35 GB-s (1.50 GB-s of it as waited for here) in 40 invocations; prices of us-east-1, 2026-11',
  ])
})
