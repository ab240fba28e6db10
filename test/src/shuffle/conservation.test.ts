import { describe, expect, it } from 'vitest'
import { aggregateNode, type Planned, plan, type StageId, scanNode } from '../../../planner/index.ts'
import type { JobPlan } from '../../../src/job/job-records.ts'
import { encodeRecord } from '../../../src/job/record.ts'
import { systemRandom } from '../../../src/ports/system-random.ts'
import { manifestTaskEvent, stageTaskEvent } from '../../../src/scheduler/task-events.ts'
import { type CommitRecord, decodeCommit, encodeCommit } from '../../../src/shuffle/commit-record.ts'
import { commitKey, dataKey, manifestKey } from '../../../src/shuffle/keys.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { runTask } from '../../../src/task/run-task.ts'
import type { TaskResult, TaskSuccess } from '../../../src/task/task-event.ts'

/** Two tasks count 40 numbers into two partitions; each of the four slices has rows. */
const PRODUCERS = 2
const PARTITIONS = 2
const NUMBERS = 40

function countOfNumbers(): Planned {
  const numbers = scanNode({ kind: 'range', start: 0, end: NUMBERS, step: 1, splitRows: NUMBERS / PRODUCERS })
  const counts = aggregateNode(
    numbers,
    [{ kind: 'column', column: 'value', as: 'value' }],
    [{ as: 'count', spec: { op: 'count' } }],
    'object',
  )
  const engine = {
    name: 'test',
    slots: 1,
    bytesPerSecond: 1e6,
    dollars: { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 },
  }
  return plan(
    { outputs: [{ kind: 'result', input: counts }] },
    { listings: new Map(), functions: new Map(), codeHash: '', engine },
    { partitions: PARTITIONS },
  )
}

/** One job's exchange, run by hand, so that what lies in the store can be changed between the steps. */
class Exchange {
  readonly planned = countOfNumbers()
  readonly store = new MemoryStore({ name: 'conservation' })
  readonly from = 0 as StageId
  readonly #facts = { job: 'j', store: this.store.uri, seed: 0, epoch: 1 }
  #nonces = 0

  async produce(): Promise<readonly TaskSuccess[]> {
    await this.store.put(
      'jobs/j/plan.json',
      encodeRecord({ version: 1, plan: this.planned.plan } as Partial<JobPlan> & { version: 1 }),
    )
    const done: TaskSuccess[] = []
    for (let task = 0; task < PRODUCERS; task++) done.push(succeeded(await this.task(0, task)))
    return done
  }

  task(stage: number, task: number): Promise<TaskResult> {
    const event = stageTaskEvent(this.#facts, this.planned, this.planned.plan.stages[stage]!, task, {
      ...this.#launch(),
      exchanges: [stage === 0 ? null : { job: 'j', stage: this.from, generation: 0 }],
    })
    return this.#run(event)
  }

  manifest(done: readonly TaskSuccess[]): Promise<TaskResult> {
    const rows = done.reduce((sum, task) => sum + task.rowsOut, 0)
    const producers = {
      tasks: PRODUCERS,
      generations: { base: 0, others: {} },
      partitions: PARTITIONS,
      rows,
      schema: done[0]!.schema,
    }
    return this.#run(manifestTaskEvent(this.#facts, this.planned, this.from, producers, this.#launch()))
  }

  async changeCommit(task: number, change: (commit: CommitRecord) => CommitRecord): Promise<void> {
    const key = commitKey('j', this.from, task, 0)
    await this.store.put(key, encodeCommit(change(decodeCommit(await this.store.get(key), key))))
  }

  #run(event: Parameters<typeof runTask>[0]): Promise<TaskResult> {
    return runTask(event, {
      stores: { open: () => this.store },
      clock: { now: () => 0, after: () => ({ cancel() {} }), soon() {} },
      random: systemRandom,
      signal: new AbortController().signal,
      loadFunctions: async () => [],
    })
  }

  #launch() {
    return { attempt: 1, generation: 0, nonce: String(++this.#nonces).padStart(16, '0'), deadline: null }
  }
}

function succeeded(result: TaskResult): TaskSuccess {
  if (!result.ok) throw new Error(result.failure.message)
  return result
}

const code = (result: TaskResult): string => (result.ok ? 'ok' : result.failure.code)

describe('an exchange whose slices are all there', () => {
  it('gives each consumer its rows, once', async () => {
    const exchange = new Exchange()
    expect(code(await exchange.manifest(await exchange.produce()))).toBe('ok')
    const consumers = [await exchange.task(1, 0), await exchange.task(1, 1)].map(succeeded)
    expect(consumers.every(task => task.rowsOut > 0)).toBe(true)
    expect(consumers.reduce((sum, task) => sum + task.exchangeRowsIn, 0)).toBe(NUMBERS)
  })
})

it('a manifest task tells how many bytes each partition has', async () => {
  const exchange = new Exchange()
  const done = await exchange.produce()
  const bytes = [0, 0]
  for (let task = 0; task < PRODUCERS; task++) {
    const key = commitKey('j', exchange.from, task, 0)
    const { slices } = decodeCommit(await exchange.store.get(key), key)
    for (const { partition, entry } of slices) bytes[partition]! += entry.byteLength
  }
  expect(Math.min(...bytes)).toBeGreaterThan(0)
  expect(await exchange.manifest(done)).toMatchObject({ ok: true, partitionBytes: bytes })
})

describe('at the barrier', () => {
  it('a commit that is gone is CORRUPT', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    await exchange.store.delete([commitKey('j', exchange.from, 1, 0)])
    expect(code(await exchange.manifest(done))).toBe('CORRUPT')
  })

  it('a slice that is left out is ROWS_NOT_CONSERVED', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    await exchange.changeCommit(0, commit => ({ ...commit, slices: commit.slices.slice(1) }))
    expect(code(await exchange.manifest(done))).toBe('ROWS_NOT_CONSERVED')
  })

  it('a slice that is there twice is CORRUPT', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    await exchange.changeCommit(0, commit => ({ ...commit, slices: [commit.slices[0]!, ...commit.slices] }))
    expect(code(await exchange.manifest(done))).toBe('CORRUPT')
  })

  it('rows that the driver was not told of are ROWS_NOT_CONSERVED', async () => {
    const exchange = new Exchange()
    const [first, second] = await exchange.produce()
    const fewer = { ...second!, rowsOut: second!.rowsOut - 1 }
    expect(code(await exchange.manifest([first!, fewer]))).toBe('ROWS_NOT_CONSERVED')
  })
})

describe('at the consumer', () => {
  it('two slices of one task that were swapped in the index are CORRUPT', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    await exchange.changeCommit(0, ({ slices: [a, b], ...commit }) => ({
      ...commit,
      slices: [
        { partition: a!.partition, entry: b!.entry },
        { partition: b!.partition, entry: a!.entry },
      ],
    }))
    expect(code(await exchange.manifest(done))).toBe('ok')
    expect(code(await exchange.task(1, 0))).toBe('CORRUPT')
  })

  it('the objects of two tasks that were swapped are CORRUPT', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    const [a, b] = done.map((name, task) => dataKey('j', exchange.from, { ...name, task }))
    const [bytesOfA, bytesOfB] = [await exchange.store.get(a!), await exchange.store.get(b!)]
    await exchange.store.put(a!, bytesOfB)
    await exchange.store.put(b!, bytesOfA)
    expect(code(await exchange.manifest(done))).toBe('ok')
    expect(code(await exchange.task(1, 0))).toBe('CORRUPT')
  })

  it('an object that is gone is an error that names it', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    const key = dataKey('j', exchange.from, { ...done[0]!, task: 0 })
    await exchange.manifest(done)
    await exchange.store.delete([key])
    const result = await exchange.task(1, 0)
    expect(result).toMatchObject({ ok: false, failure: { message: expect.stringContaining(key) } })
  })

  it('a manifest that is gone is CORRUPT', async () => {
    const exchange = new Exchange()
    await exchange.manifest(await exchange.produce())
    await exchange.store.delete([manifestKey('j', exchange.from, 0)])
    expect(code(await exchange.task(1, 0))).toBe('CORRUPT')
  })
})

describe('of objects that are gone together', () => {
  it('a consumer names all, those that are cut short among them', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    await exchange.manifest(done)
    const [a, b] = done.map((name, task) => dataKey('j', exchange.from, { ...name, task }))
    await exchange.store.delete([a!])
    await exchange.store.put(b!, (await exchange.store.get(b!)).subarray(0, 10))
    const lost = { job: 'j', stage: 0, task: 0, generation: 0, others: { 1: 0 } }
    expect(await exchange.task(1, 0)).toMatchObject({ ok: false, failure: { code: 'CORRUPT', lost } })
  })

  it('the barrier names all', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    await exchange.store.delete([0, 1].map(task => commitKey('j', exchange.from, task, 0)))
    const lost = { job: 'j', stage: 0, task: 0, generation: 0, others: { 1: 0 } }
    expect(await exchange.manifest(done)).toMatchObject({ ok: false, failure: { code: 'CORRUPT', lost } })
  })

  it('none is named that has no rows, or that is there and damaged', async () => {
    const exchange = new Exchange()
    const done = await exchange.produce()
    const keyOf = (task: number) => dataKey('j', exchange.from, { ...done[task]!, task })
    await exchange.changeCommit(1, commit => ({
      ...commit,
      success: { ...commit.success, rowsOut: 0 },
      slices: [],
    }))
    await exchange.manifest([done[0]!, { ...done[1]!, rowsOut: 0 }])
    await exchange.store.delete([keyOf(1)])
    const bytes = await exchange.store.get(keyOf(0))
    await exchange.store.put(keyOf(0), bytes.fill(0))
    const result = await exchange.task(1, 0)
    expect(result).toMatchObject({ ok: false, failure: { lost: { task: 0 } } })
    expect(result).not.toHaveProperty('failure.lost.others')
  })
})

describe('of two deliveries of a task', () => {
  it('one commits, both answer with it, and the other leaves nothing', async () => {
    const exchange = new Exchange()
    const [first] = await exchange.produce()
    const again = succeeded(await exchange.task(0, 0))
    expect(again.nonce).toBe(first!.nonce)
    const objects: string[] = []
    for await (const { key } of exchange.store.list('jobs/j/stage-0/data/')) objects.push(key)
    expect(objects.length).toBe(PRODUCERS)
  })
})
