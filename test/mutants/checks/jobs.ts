/** Checks of whole jobs in the simulation, whose backend or store does what no fault of the simulation does. */
import { DunlinError, toFailure } from '../../../operators/index.ts'
import type { ComputeBackend } from '../../../src/compute/compute-backend.ts'
import { markCancelled, readCancel } from '../../../src/job/cancel-mark.ts'
import { isEndKey } from '../../../src/job/ends.ts'
import { jobKeys } from '../../../src/job/job-records.ts'
import { acquireLease, newHolder } from '../../../src/job/lease.ts'
import { RETRY_POLICY } from '../../../src/job/policies/retry.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { TaskEvent, TaskResult } from '../../../src/task/task-event.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import type { SimulationOptions } from '../../simulation/run-range.ts'
import { runSeed, type Verdict } from '../../simulation/run-seed.ts'
import { JOB } from '../../simulation/workload.ts'
import { workloadNamed } from '../../simulation/workloads/workloads.ts'
import { ENGINE_URI } from '../../simulation/world.ts'
import type { Check } from './check.ts'

/** A job of a few tasks that has launched so many attempts does so for ever. */
const MOST_LAUNCHES = 150
/** Long after it was cancelled, and long before an attempt is given up. */
const SOON_MS = 120_000

async function ran(options: SimulationOptions & { readonly seed?: number }): Promise<Verdict> {
  return runSeed({ seed: 1, rates: {}, ...(await workloadNamed('word count')), ...options })
}

type Answers = (event: TaskEvent, run: () => Promise<TaskResult>) => Promise<TaskResult>

/** A backend that answers otherwise, and no more when it was asked too often. */
function answering(answers: Answers): SimulationOptions & { readonly launched: TaskEvent[] } {
  const launched: TaskEvent[] = []
  const wrapCompute = (compute: ComputeBackend): ComputeBackend => ({
    ...compute,
    run(event, options) {
      launched.push(event)
      if (launched.length > MOST_LAUNCHES) return new Promise(() => {})
      return answers(event, () => compute.run(event, options))
    },
  })
  return { wrapCompute, launched }
}

const readingOthers = (by: number): SimulationOptions =>
  answering(async (event, run) => {
    const result = await run()
    if (!result.ok || event.kind !== 'task' || event.task !== 0 || result.exchangeRowsIn === 0) return result
    return { ...result, exchangeRowsIn: result.exchangeRowsIn + by }
  })

const isEnded = ({ ended }: Verdict, as: string): string | null =>
  ended.startsWith(as) ? null : `the job ended ${ended}, not ${as}`

const isFirst = (event: TaskEvent): boolean => event.kind === 'task' && event.stage === 0 && event.task === 0

/** How often the first driver launches a task that always fails. */
async function launchesOfFailing(options: { readonly retryable: boolean }): Promise<number> {
  const failure = toFailure(new DunlinError('WORKER_LOST', 'the worker was lost', options))
  const backend = answering(async (event, run) => (isFirst(event) ? { ok: false, failure } : run()))
  await ran(backend)
  return backend.launched.filter(event => isFirst(event) && event.epoch === 1).length
}

const counted = (launches: number, expected: number): string | null =>
  launches === expected ? null : `it was launched ${launches} times, not ${expected}`

/** Other findings are of faults that the simulation does not know of. */
const isWrong = (finding: string): boolean => /^wrong output|should have survived/.test(finding)

/** Of the first reader of a shuffle object all others differ: to them it is gone. */
function readOnce(): (key: string) => void {
  const read = new Set<string>()
  return key => {
    if (!FIRST_DATA.test(key)) return
    if (read.has(key)) throw new DunlinError('NOT_FOUND', `${key} is gone`)
    // What is made again stays.
    if (read.size === 0) read.add(key)
  }
}

const ownCommit = `jobs/${JOB}/stage-0/commits/0.0`
const FIRST_DATA = /\/stage-0\/data\/0-/

export const JOB_CHECKS = {
  'a job whose workers read too little fails': async () =>
    isEnded(await ran(readingOthers(-1)), 'failed ROWS_NOT_CONSERVED'),
  'a job whose workers read too much fails': async () =>
    isEnded(await ran(readingOthers(1)), 'failed ROWS_NOT_CONSERVED'),
  'a task that fails for good is tried once': async () =>
    counted(await launchesOfFailing({ retryable: false }), 1),
  'a task that always fails is tried four times': async () =>
    counted(await launchesOfFailing({ retryable: true }), RETRY_POLICY.retries + 1),
  'a job whose store loses one object ever again fails': async () =>
    isEnded(
      await ran({
        ...answering((_, run) => run()),
        wrapStore: store =>
          replaced(store, {
            async get(key, ...given) {
              if (FIRST_DATA.test(key)) throw new DunlinError('NOT_FOUND', `${key} is gone`)
              return store.get(key, ...given)
            },
          }),
      }),
      'failed CORRUPT',
    ),
  'a task whose commit is damaged before anybody has heard of it is made again': async () =>
    isEnded(
      await ran({
        ...answering((_, run) => run()),
        wrapStore: store =>
          replaced(store, {
            async put(key, ...given) {
              const put = await store.put(key, ...given)
              if (key !== ownCommit || !put.created) return put
              throw new DunlinError('STORE', 'the connection was reset', { retryable: true })
            },
            async get(key, ...given) {
              const bytes = await store.get(key, ...given)
              if (key === ownCommit) bytes[9]! ^= 1
              return bytes
            },
          }),
      }),
      'succeeded',
    ),
  'a task whose attempts both answer well commits once': async () => {
    const both = Promise.withResolvers<void>()
    const late = answering(async (event, run) => {
      const result = await run()
      if (event.kind !== 'task' || event.stage !== 1) return result
      if (event.task === 0 && event.attempt > 1) both.resolve()
      // The first attempt is given up; its stage goes on until the second one has answered.
      else await both.promise
      return result
    })
    const { findings } = await ran(late)
    return findings.find(finding => finding.includes('twice') || isWrong(finding)) ?? null
  },
  'a driver whose journal is taken ends nothing': async () => {
    let isTaken = false
    const { world } = await ran({
      rates: { cancelled: 1 },
      wrapStore: store =>
        replaced(store, {
          async put(key, body, ...given) {
            const isLast = !isTaken && key.startsWith(jobKeys.journal(JOB))
            if (isLast && Buffer.from(body as Uint8Array).includes('jobFinished')) {
              isTaken = true
              await store.put(key, Buffer.from('{"writer":"another"}\n'), { ifAbsent: true })
            }
            return store.put(key, body, ...given)
          },
        }),
    })
    if (!isTaken) return 'the journal has no end'
    const end = world.space(ENGINE_URI).changes.find(({ key }) => isEndKey(key))
    return end?.by === 'driver-1' ? 'it has ended the job' : null
  },
  'an attempt of an older generation that answers late does not count': async () => {
    for (let seed = 1; seed <= 10; seed++) {
      let tell = (): void => {}
      const late = answering(async (event, run) => {
        if (event.kind !== 'task' || event.stage !== 1 || event.task !== 0) return run()
        if (event.attempt > 1) tell()
        const result = await run()
        if (event.attempt > 1 || !result.ok) return result
        return new Promise(resolve => {
          tell = () => resolve(result)
        })
      })
      const read = readOnce()
      const { findings } = await ran({
        ...(await workloadNamed('dealt rows')),
        ...late,
        seed,
        wrapStore: store =>
          replaced(store, {
            async get(key, ...given) {
              read(key)
              return store.get(key, ...given)
            },
          }),
      })
      const wrong = findings.find(isWrong)
      if (wrong !== undefined) return wrong
    }
    return null
  },
  'readers of rows that cannot be compared read again': async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const read = readOnce()
      let reads = 0
      const { findings } = await ran({
        ...(await workloadNamed('dealt rows')),
        seed,
        wrapStore: store =>
          replaced(store, {
            async get(key, ...given) {
              read(key)
              const bytes = await store.get(key, ...given)
              if (FIRST_DATA.test(key)) reads++
              if (key === ownCommit && reads > 0) bytes[9]! ^= 1
              return bytes
            },
          }),
      })
      const wrong = findings.find(isWrong)
      if (wrong !== undefined) return wrong
    }
    return null
  },
  'a job that is cancelled does not wait for a backend that is silent': async () => {
    const silent = answering((event, run) => (event.epoch === 1 ? new Promise(() => {}) : run()))
    const { world, ended } = await ran({ ...silent, rates: { cancelled: 1 } })
    const { elapsedMs } = world.time
    return elapsedMs < SOON_MS ? null : `the job ended ${ended} after ${elapsedMs} ms`
  },
  'a retry of a job that was cancelled from outside is not asked to cancel again': async () => {
    const store = new MemoryStore({ name: 'cancelled' })
    await acquireLease(store, JOB, 1, newHolder({ random: { hex: () => '00' } }))
    await markCancelled(store, JOB, 'enough')
    if ((await readCancel(store, JOB, 1))?.reason !== 'enough') return 'its driver is not asked'
    return (await readCancel(store, JOB, 2)) === undefined ? null : 'the retry is asked too'
  },
} satisfies Readonly<Record<string, Check>>
