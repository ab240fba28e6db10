import { setTimeout as sleep } from 'node:timers/promises'
import { DunlinError, from, type JobEvent, range, read } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
  await place.write('in.txt', Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join(''))
})
afterAll(() => place.close())

const lines = () => read.text('in.txt', { splitBytes: 2_000 })

describe('a worker that is killed in the middle of a task', () => {
  it('costs that task one attempt: ten killed, the output right, the retries in the report', async () => {
    const engine = place.engine({ isolation: 'process' })
    const counted = lines().filter((_, task) => {
      if (task.attempt === 1 && task.index < 10) process.kill(process.pid, 'SIGKILL')
      return true
    })
    const report = await counted.write.text('killed').run({ engine })
    expect(await place.output('killed')).toBe(Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join(''))
    expect(report.retries).toBe(10)
    expect(report.failures.map(failure => failure.code)).toEqual(['WORKER_LOST'])
    expect(await place.names('killed')).not.toContain('_dunlin')
  }, 60_000)

  it('fails the job when it happens at every attempt, and says which task it was', async () => {
    const engine = place.engine({ isolation: 'process' })
    const doomed = range(10).map((n, task) => (task.index === 0 ? process.exit(3) : n))
    const error = await doomed.collect({ engine, retries: 1 }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(DunlinError)
    expect(error).toMatchObject({ code: 'WORKER_LOST', place: { stage: 0, task: 0, attempt: 2 } })
    expect((error as DunlinError).message).toMatch(/exit/)
  }, 60_000)
})

describe('a worker that runs out of memory', () => {
  it('costs one task, and the error says so', async () => {
    const engine = place.engine({ isolation: 'thread', workerMemoryMb: 64 })
    const greedy = range(2).map(n => {
      const hoard: unknown[] = []
      for (;;) hoard.push(new Array(1000).fill(n))
    })
    const error = await greedy.collect({ engine, retries: 0 }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'OUT_OF_MEMORY' })
    expect(await range(3).collect({ engine })).toEqual([0, 1, 2])
  }, 60_000)
})

describe.each(['thread', 'process'] as const)('a task that needs more than the heap of a %s', isolation => {
  it('is run again, alone, in a larger one, and the result is what it would have been', async () => {
    const engine = place.engine({ isolation, workerMemoryMb: 128 })
    const events: JobEvent[] = []
    const heavy = range(40, { splitRows: 10 }).map((n, task) => {
      const hoard: number[][] = []
      if (n === 20) for (let i = 0; i < 190 * 125; i++) hoard.push(new Array(1000).fill(i + 0.5))
      task.counter('held', hoard.length)
      return n * 2
    })
    const doubled = await heavy.collect({ engine, onEvent: event => events.push(event) })
    expect(doubled).toEqual(Array.from({ length: 40 }, (_, n) => n * 2))
    const larger = events.filter(event => event.type === 'taskStarted' && event.memoryMb !== undefined)
    expect(larger).toMatchObject([{ task: 2, attempt: 2, memoryMb: 256 }])
    const failed = events.flatMap(event => (event.type === 'taskFailed' ? [event.failure.code] : []))
    expect(failed).toEqual(['OUT_OF_MEMORY'])
  }, 60_000)
})

describe('the error that a job ends with', () => {
  it('has the other failures that the job met, and how many of each kind', async () => {
    const engine = place.engine({ isolation: 'process' })
    const failing = range(8, { splitRows: 2 }).map((n, task) => {
      if (task.index < 3 && task.attempt === 1) process.exit(1)
      if (task.index === 3) throw new RangeError('too far')
      return n
    })
    const error = await failing.collect({ engine, concurrency: 1 }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'USER_FUNCTION', place: { task: 3 } })
    const { failures = [] } = error as DunlinError
    expect(failures.map(({ code, count }) => [code, count])).toEqual([
      ['WORKER_LOST', 3],
      ['USER_FUNCTION', 2],
    ])
  }, 60_000)
})

describe('cancelling', () => {
  it.each(['thread', 'process'] as const)('stops busy %s workers and leaves no output', async isolation => {
    const engine = place.engine({ isolation })
    const abort = new AbortController()
    const started: JobEvent[] = []
    const busy = range(4).map(n => {
      for (let i = n; ; i++) if (i < 0) return i
    })
    const name = `cancelled-${isolation}`
    const job = busy.write.text(name).run({
      engine,
      signal: abort.signal,
      onEvent: event => {
        if (event.type === 'taskStarted') started.push(event)
      },
    })
    const outcome = job.catch((error: unknown) => error)
    while (started.length === 0) await sleep(5)
    await sleep(300)
    const before = performance.now()
    abort.abort(new Error('changed my mind'))
    expect(await outcome).toMatchObject({ code: 'CANCELLED' })
    expect(performance.now() - before).toBeLessThan(5_000)
    expect(await place.names(name)).toEqual([])
    expect(await range(3).collect({ engine })).toEqual([0, 1, 2])
  })

  it('before it began rejects at once', async () => {
    const engine = place.engine()
    const error = await from([1])
      .collect({ engine, signal: AbortSignal.abort() })
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'CANCELLED' })
  })
})
