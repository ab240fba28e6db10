/** Checks of single parts of the engine: when a worker stops, what is cleaned, how long a driver is patient. */
import { DunlinError, type Run, recordsOf, type Schema } from '../../../operators/index.ts'
import { cleanJobs } from '../../../src/engine/clean-jobs.ts'
import type { JobEvent } from '../../../src/events/job-event.ts'
import { jobKeys, readPlan } from '../../../src/job/job-records.ts'
import { JournalWriter, readJournal } from '../../../src/job/journal.ts'
import { JournalDecoder, JournalEncoder } from '../../../src/job/journal-lines.ts'
import { takeOver } from '../../../src/job/take-over.ts'
import { InFlight } from '../../../src/scheduler/in-flight.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { patientStore } from '../../../src/store/patient-store.ts'
import { StoreRuns } from '../../../src/task/run-store.ts'
import type { TaskResult } from '../../../src/task/task-event.ts'
import { stopGuard } from '../../../src/task/task-recorder.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { batchOf } from '../../operators/batch/batch-of.ts'
import { Machine } from '../../src/job/machine.ts'
import { scan, toFiles } from '../../src/job/plans.ts'
import { taskEvent } from '../../src/shuffle/exchange-of.ts'
import { type Check, refused } from './check.ts'

const MANY = 100
const JOB = '20260101-000000-job000'
/** One machine whose processes are all gone. */
const PLACE = { host: 'here', machine: 'here', pid: 1, isGone: () => true }
const BACKEND = { name: 'check', slots: 1, memorySizesMb: [512], close: async () => {} }
/** No time passes. */
const CLOCK = {
  now: () => 0,
  after(_: number, callback: () => void) {
    setImmediate(callback)
    return { cancel() {} }
  },
  soon: (callback: () => void) => void setImmediate(callback),
}

interface Stopping {
  readonly lapsed?: boolean
  readonly aborted?: boolean
  readonly overdueMs?: number
}

/** Asks a task's guard whether it must stop. */
async function guarded({ lapsed = false, aborted = false, overdueMs = -1 }: Stopping): Promise<void> {
  const abort = new AbortController()
  if (aborted) abort.abort()
  const clock = { now: () => 1_000 + overdueMs, after: () => ({ cancel() {} }), soon() {} }
  stopGuard({ ...taskEvent(0), deadline: 1_000 }, { clock, signal: abort.signal, watch: { lapsed } })()
}

const STATS = { rowsIn: 0, rowsOut: 0, bytesIn: 0, bytesOut: 0, spilledBytes: 0, gets: 0, puts: 0 }

const committed = (schema: Schema): JobEvent => ({
  ...{
    type: 'taskCommitted',
    time: 0,
    stage: taskEvent(0).stage,
    task: 0,
    attempt: 1,
    generation: 0,
    rowsOut: 0,
  },
  stats: { ...STATS, durationMs: 0, peakMemoryBytes: 0, invalidText: 0 },
  counters: {},
  commit: { nonce: '', exchangeRowsIn: 0, schema },
})

const takingOver = async (store: ObjectStore, nonce: string): Promise<unknown> =>
  takeOver(store, await readPlan(store, JOB), {
    clock: CLOCK,
    place: PLACE,
    holder: { host: PLACE.host, pid: PLACE.pid, nonce, lapseMs: 20_000 },
  })

/** A driver takes a job over; before it writes its first segment another does something. How that ends, and the journal. */
async function takenOver(act: (store: ObjectStore) => Promise<unknown>) {
  const store = new MemoryStore({ name: 'check' })
  const plan = { version: 1, job: JOB, name: '', engine: '', startedAt: 0, plan: { stages: [] } }
  await store.put(jobKeys.plan(JOB), Buffer.from(JSON.stringify(plan)))
  let isFirst = true
  const between = replaced(store, {
    async put(key, ...given) {
      if (isFirst && key.startsWith(jobKeys.journal(JOB))) {
        isFirst = false
        await act(store)
      }
      return store.put(key, ...given)
    },
  })
  const failure = await takingOver(between, 'first').then(
    () => null,
    (error: unknown) => String(error),
  )
  const epochs: number[] = []
  for await (const event of readJournal(store, JOB))
    if (event.type === 'jobTakenOver') epochs.push(event.epoch)
  return { epochs, failure }
}

export const PART_CHECKS = {
  'runs of one attempt stand apart': async () => {
    const store = new MemoryStore({ name: 'check' })
    const runs = new StoreRuns({ store, event: taskEvent(0), readAheadBytes: 1 << 20 })
    const kept: Run[] = []
    for (const n of [1, 2]) {
      const writer = await runs.open()
      await writer.write(batchOf([{ n }]))
      writer.endRun()
      kept.push(...(await writer.close()))
    }
    const read: unknown[] = []
    for (const run of kept) for await (const batch of run.batches()) read.push(...recordsOf(batch))
    await runs.close()
    return JSON.stringify(read) === '[{"n":1},{"n":2}]' ? null : `the runs hold ${JSON.stringify(read)}`
  },
  'a worker whose driver is gone stops': () => refused(guarded({ lapsed: true }), 'LEASE'),
  'a worker that is cancelled stops': () => refused(guarded({ aborted: true }), 'CANCELLED'),
  'a worker past its deadline stops': () => refused(guarded({ overdueMs: 1 }), 'TIMEOUT'),
  'a driver whose store always fails gives up': async () => {
    let requests = 0
    const store = replaced(new MemoryStore({ name: 'check' }), {
      async head() {
        const isOver = ++requests > MANY
        throw new DunlinError('STORE', 'always', { retryable: !isOver })
      },
    })
    await refused(patientStore(store, { clock: CLOCK, random: { next: () => 0.5 } }).head('a'), 'STORE')
    return requests > MANY ? `it was asked ${requests} times` : null
  },
  'a driver whose store fails once goes on': async () => {
    let requests = 0
    const store = replaced(new MemoryStore({ name: 'check' }), {
      async head() {
        if (++requests === 1) throw new DunlinError('STORE', 'once', { retryable: true })
        return undefined
      },
    })
    await patientStore(store, { clock: CLOCK, random: { next: () => 0.5 } }).head('a')
    return null
  },
  'of drivers that take over at once the last goes on': async () => {
    // One that comes before the first has read the journal is not looked at: then both may give up.
    const { epochs } = await takenOver(store => takingOver(store, 'second'))
    return epochs.some((epoch, i) => epoch < epochs[i - 1]!) ? `the journal has ${epochs.join(', ')}` : null
  },
  'who takes over goes on when the last driver has written once more': async () => {
    const { failure } = await takenOver(async store => {
      const last = new JournalWriter({ store, job: JOB, clock: CLOCK, writer: 'last' })
      await last.add({ type: 'jobReopened', time: 0 })
    })
    return failure
  },
  'schemas of the journal are those of their writer': async () => {
    const decoder = new JournalDecoder()
    for (const type of ['utf8', 'int64'] as const) {
      const told = committed({ kind: 'scalar', columns: [{ name: 'value', type }] } as unknown as Schema)
      const read = decoder.decode(new JournalEncoder().encode(told), 'here')
      if (JSON.stringify(read) !== JSON.stringify(told)) return `${type} is read as ${JSON.stringify(read)}`
    }
    return null
  },
  'slots that nothing waits for are given back': async () => {
    const machine = new Machine([scan(0, 2, toFiles)])
    machine.start()
    const commands = machine.tell({ type: 'slotsGranted', count: 5 })
    const back = commands.map(command => (command.type === 'returnSlots' ? command.count : 0))
    return back.includes(3) ? null : `of 5 slots, of which 2 are needed, come back ${Math.max(0, ...back)}`
  },
  'an attempt that answers after it was given up gives its slot back once': async () => {
    let answer = (_: TaskResult): void => {}
    const run = (): Promise<TaskResult> => new Promise(resolve => void (answer = resolve))
    const flight = new InFlight({ ...BACKEND, run }, CLOCK)
    let freed = 0
    const options = { timeoutMs: 1, memoryMb: 128, answered: () => {}, freed: () => void freed++ }
    flight.launch('a', { ...taskEvent(0), deadline: 1 }, options)
    for (let turns = 0; turns < 5; turns++) await new Promise(resolve => void setImmediate(resolve))
    answer({
      ok: false,
      failure: { code: 'CANCELLED', message: '', retryable: false, place: {}, causes: [] },
    })
    await new Promise(resolve => void setImmediate(resolve))
    return freed === 1 ? null : `it was given back ${freed} times`
  },
  'cleaning keeps a job that has not ended': async () => {
    const store = new MemoryStore({ name: 'check' })
    const plan = jobKeys.plan(JOB)
    await store.put(plan, Buffer.from('{"version":1}'))
    await cleanJobs(store, { now: Date.UTC(2030, 0) })
    return (await store.head(plan)) === undefined ? 'the job is gone' : null
  },
} satisfies Readonly<Record<string, Check>>
