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
