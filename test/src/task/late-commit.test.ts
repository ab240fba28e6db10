import { describe, expect, it } from 'vitest'
import { type Planned, plan, type StageId, scanNode } from '../../../planner/index.ts'
import { endKey } from '../../../src/job/ends.ts'
import { type JobPlan, jobKeys } from '../../../src/job/job-records.ts'
import { encodeRecord } from '../../../src/job/record.ts'
import { systemClock } from '../../../src/ports/system-clock.ts'
import { systemRandom } from '../../../src/ports/system-random.ts'
import { stageTaskEvent } from '../../../src/scheduler/task-events.ts'
import { decodeCommit, encodeCommit } from '../../../src/shuffle/commit-record.ts'
import { commitKey } from '../../../src/shuffle/keys.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { runTask } from '../../../src/task/run-task.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'

const JOB = 'j'
const OUTPUT = 'memory://late-output/'
const dollars = { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 }
const engine = { name: 'test', slots: 1, bytesPerSecond: 1e6, dollars }
const input = scanNode({ kind: 'range', start: 0, end: 5, step: 1 })

/** One task that may skip bad records. */
const planned = (kind: 'result' | 'write'): Planned =>
  plan(
    {
      outputs: [
        kind === 'result' ? { kind, input } : { kind, input, uri: OUTPUT, format: 'jsonl', mode: 'fail' },
      ],
    },
    { listings: new Map(), functions: new Map(), codeHash: '', engine },
    { onError: { tolerate: 1 } },
  )

async function attempt(job: Planned, number: number, stores: (uri: string) => ObjectStore) {
  const launch = { generation: 0, exchanges: [null], deadline: null }
  return runTask(
    stageTaskEvent({ job: JOB, store: 'memory://late/', seed: 0, epoch: 1 }, job, job.plan.stages[0]!, 0, {
      ...launch,
      attempt: number,
      nonce: `000000000000000${number}`,
    }),
    {
      stores: { open: stores },
      clock: systemClock,
      random: systemRandom,
      signal: new AbortController().signal,
      loadFunctions: async () => [],
    },
  )
}

async function submitted(kind: 'result' | 'write') {
  const job = planned(kind)
  const store = new MemoryStore({ name: 'late' })
  const output = new MemoryStore({ name: 'late-output' })
  await store.put(
    `jobs/${JOB}/plan.json`,
    encodeRecord({ version: 1, plan: job.plan } as Partial<JobPlan> & { version: 1 }),
  )
  const open = (engineStore: ObjectStore) => (uri: string) => (uri === OUTPUT ? output : engineStore)
  return { job, store, output, open }
}

/** Attempt 1 commits, and asks whether the job has ended when it has: what attempt 2 said of that commit was enough. */
async function late(kind: 'result' | 'write') {
  const { job, store, output, open } = await submitted(kind)
  const asked = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const slow = replaced(store, {
    async *list(prefix, options) {
      if (prefix === jobKeys.ends(JOB)) {
        asked.resolve()
        await ended.promise
      }
      yield* store.list(prefix, options)
    },
  })
  const first = attempt(job, 1, open(slow))
  await asked.promise
  const second = await attempt(job, 2, open(store))
  if (!second.ok) throw new Error(second.failure.message)
  await store.put(endKey(JOB, 1), Buffer.from('{}'))
  ended.resolve()
  return { first: await first, second, store, output }
}

describe('an attempt that has committed, and finds that the job has ended', () => {
  it('leaves the rows of a result where they are: another attempt has told of its commit', async () => {
    const { second, store } = await late('result')
    expect(second.attempt).toBe(1)
    expect(await store.head(second.part!.key)).toMatchObject({ sizeBytes: second.part!.bytes })
  })

  it('removes its part of an output', async () => {
    const { first, second, output } = await late('write')
    expect(first).toMatchObject({ ok: false, failure: { code: 'CANCELLED' } })
    expect(await output.head(second.part!.key)).toBeUndefined()
  })
})

it('an attempt that has lost to one whose commit went with the data of its job leaves no part', async () => {
  const { job, store, output, open } = await submitted('write')
  const won = await attempt(job, 2, open(store))
  if (!won.ok) throw new Error(won.failure.message)
  let lost = false
  const discarding = replaced(store, {
    async put(key, body, options) {
      const put = await store.put(key, body, options)
      if (!key.includes('/commits/')) return put
      lost = !put.created
      await store.delete([key])
      await store.put(endKey(JOB, 1), Buffer.from('{}'))
      return put
    },
  })
  expect(await attempt(job, 1, open(discarding))).toMatchObject({ ok: false })
  expect(lost).toBe(true)
  const left = await Array.fromAsync(output.list(''))
  expect(left.map(({ key }) => key)).toEqual([won.part!.key])
})

it('an attempt that has lost to a commit whose dead letters are gone says so: the task is to be made again', async () => {
  const { job, store, open } = await submitted('write')
  const won = await attempt(job, 2, open(store))
  if (!won.ok) throw new Error(won.failure.message)
  const key = commitKey(JOB, 0 as StageId, 0, 0)
  const record = decodeCommit(await store.get(key), key)
  const gone = { key: '_dunlin/j/gone.jsonl', rows: 1, bytes: 1, crc32: 0 }
  const skipped = { read: 5, records: 1, failures: [], parts: [gone] }
  await store.put(key, encodeCommit({ ...record, success: { ...record.success, skipped } }))
  expect(await attempt(job, 1, open(store))).toMatchObject({
    ok: false,
    failure: { code: 'CORRUPT', lost: { job: JOB, stage: 0, task: 0, generation: 0 } },
  })
})
