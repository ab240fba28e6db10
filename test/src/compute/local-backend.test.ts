/** What is particular to the local backend: when workers start, live and die, and what they print. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { ComputeBackend } from '../../../src/compute/compute-backend.ts'
import { createLocalBackend, type LocalBackendOptions } from '../../../src/compute/local-backend.ts'
import type { TaskResult } from '../../../src/task/task-event.ts'
import { eventFor } from '../../fixtures/compute/behaviours.ts'
import { type ChildRun, runChild } from '../../fixtures/store/run-child.ts'

const fixture = (name: string): URL => new URL(`../../fixtures/compute/${name}`, import.meta.url)
const never = new AbortController().signal
const open: ComputeBackend[] = []

function backendOf(
  isolation: 'thread' | 'process',
  options: Partial<LocalBackendOptions> = {},
): ComputeBackend {
  const backend = createLocalBackend({
    workers: 2,
    isolation,
    tempDirectory: tmpdir(),
    entry: fixture('entry.ts'),
    ...options,
  })
  open.push(backend)
  return backend
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(backend => backend.close()))
})

const go = (backend: ComputeBackend, behaviour: string): Promise<TaskResult> =>
  backend.run(eventFor(behaviour), { signal: never })
const counter = (result: TaskResult, name: string): number =>
  result.ok ? result.counters[name]! : Number.NaN
const drive = (isolation: string, ...behaviours: string[]): Promise<ChildRun> =>
  runChild('../compute/driver.ts', [isolation, ...behaviours])

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe.each(['thread', 'process'] as const)('isolation %s', isolation => {
  it('keeps a worker for later tasks', async () => {
    const backend = backendOf(isolation)
    for (let i = 1; i <= 5; i++) expect(counter(await go(backend, 'ok'), 'served')).toBe(i)
  })

  it('replaces a worker that was lost, and one that is worn', async () => {
    const backend = backendOf(isolation, { workers: 1, entry: fixture('worn-entry.ts') })
    const served: number[] = []
    for (let i = 0; i < 7; i++) served.push(counter(await go(backend, 'ok'), 'served'))
    expect(served).toEqual([1, 2, 3, 1, 2, 3, 1])
    await go(backend, 'exit:1')
    expect(counter(await go(backend, 'ok'), 'served')).toBe(1)
  })

  it('lets a call beyond its slots wait, also while a worker is being replaced', async () => {
    const backend = backendOf(isolation, { workers: 1 })
    const results = await Promise.all(['ok', 'exit:1', 'ok', 'throw', 'ok'].map(name => go(backend, name)))
    expect(results.map(result => result.ok)).toEqual([true, false, true, false, true])
  })

  it('cancels a call that waits', async () => {
    const backend = backendOf(isolation, { workers: 1 })
    const aborting = new AbortController()
    const running = go(backend, 'sleep:300')
    const waiting = backend.run(eventFor('ok'), { signal: aborting.signal })
    aborting.abort()
    expect(await waiting).toMatchObject({ failure: { code: 'CANCELLED' } })
    expect((await running).ok).toBe(true)
  })

  it('replaces a worker in which something is thrown after its task', async () => {
    const backend = backendOf(isolation, { workers: 1 })
    expect(counter(await go(backend, 'breakLater'), 'served')).toBe(1)
    await expect.poll(async () => counter(await go(backend, 'ok'), 'served'), { timeout: 10_000 }).toBe(1)
  })

  it('says why a worker could not start, and that another try would not help', async () => {
    const result = await go(backendOf(isolation, { entry: fixture('broken-entry.ts') }), 'ok')
    expect(result).toMatchObject({
      failure: {
        code: 'WORKER_LOST',
        retryable: false,
        message: expect.stringContaining('before it had started'),
      },
    })
    if (isolation === 'thread') expect(JSON.stringify(result)).toContain('this entry is broken')
  })

  describe('with larger workers', () => {
    const large = (backend: ComputeBackend, behaviour: string, signal = never): Promise<TaskResult> =>
      backend.run(eventFor(behaviour), { signal, memoryMb: 128 })
    const sizes = (memoryMb: number, largeWorkersMb: number): readonly number[] =>
      backendOf(isolation, { memoryMb, largeWorkersMb }).memorySizesMb

    it('has sizes that double while they fit', () => {
      expect(sizes(64, 600)).toEqual([64, 128, 256, 512])
      expect(sizes(64, 100)).toEqual([64])
      expect(sizes(2_048, 100)).toEqual([2_048])
    })

    it('starts one for a task that asks for it, and ends it after that', async () => {
      const backend = backendOf(isolation, { memoryMb: 64, largeWorkersMb: 256 })
      const first = await large(backend, 'ok')
      expect(counter(first, 'served')).toBe(1)
      expect(counter(await large(backend, 'ok'), 'served')).toBe(1)
      if (isolation === 'process')
        await expect.poll(() => isAlive(counter(first, 'pid')), { timeout: 10_000 }).toBe(false)
      for (let i = 1; i <= 2; i++) expect(counter(await go(backend, 'ok'), 'served')).toBe(i)
    })

    it('runs side by side what fits, and the rest after it; what is cancelled does not wait', async () => {
      const backend = backendOf(isolation, { memoryMb: 64, largeWorkersMb: 128 })
      const order: string[] = []
      const run = async (name: string, behaviour: string, signal?: AbortSignal): Promise<TaskResult> => {
        const result = await large(backend, behaviour, signal)
        order.push(name)
        return result
      }
      const aborting = new AbortController()
      const all = [
        run('first', 'sleep:600'),
        run('second', 'ok'),
        run('cancelled', 'ok', aborting.signal),
        run('third', 'exit:1'),
        run('fourth', 'ok'),
      ]
      aborting.abort()
      const results = await Promise.all(all)
      expect(order).toEqual(['cancelled', 'first', 'second', 'third', 'fourth'])
      expect(results.map(r => (r.ok ? 'ok' : r.failure.code))).toEqual([
        ...['ok', 'ok', 'CANCELLED', 'WORKER_LOST', 'ok'],
      ])
    })

    it('answers CANCELLED after close, to what ran and to what waited', async () => {
      const backend = backendOf(isolation, { memoryMb: 64, largeWorkersMb: 128 })
      const all = [large(backend, 'deaf'), large(backend, 'ok')]
      await backend.close()
      const codes = (await Promise.all([...all, large(backend, 'ok')])).map(r => !r.ok && r.failure.code)
      expect(codes).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED'])
    })
  })

  it('runs the real entry: a task of a job that is not there fails with NOT_FOUND', async () => {
    const root = await mkdtemp(join(tmpdir(), 'dunlin-entry-'))
    const backend = createLocalBackend({ workers: 1, isolation, tempDirectory: root })
    open.push(backend)
    const event = { ...eventFor('ok'), store: `${pathToFileURL(root).href}/` }
    const result = await backend.run(event, { signal: never })
    expect(result).toMatchObject({
      failure: { code: 'NOT_FOUND', place: { job: 'job-1', stage: 2, task: 0 } },
    })
    await rm(root, { recursive: true })
  })

  it('does not keep the driver alive when it is idle', async () => {
    const start = performance.now()
    const run = await drive(isolation, 'ok', 'exit:2', 'ok')
    expect(run).toMatchObject({ exitCode: 0, stdout: '"ok"\n"WORKER_LOST"\n"ok"\n' })
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  it('keeps the driver alive while a task runs', async () => {
    const run = await drive(isolation, 'sleep:600')
    expect(run).toMatchObject({ exitCode: 0, stdout: '"ok"\n' })
  })

  it('prints what user functions print on standard error, and nothing on standard output', async () => {
    const run = await drive(isolation, 'print')
    expect(run.stdout).toBe('"ok"\n')
    expect(run.stderr).toBe('printed by a user function\nand on the other stream\n')
  })
})

describe('a worker process', () => {
  it.each(['sayAndSpin:2', 'deaf'])('does not outlive its driver, even in %s', async behaviour => {
    const script = fileURLToPath(fixture('driver.ts'))
    const args = ['--conditions=development', script, 'process', 'ok', behaviour]
    const driver = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    await once(driver.stdout!, 'data')
    const pids = childrenOf(driver.pid!)
    expect(pids.length).toBeGreaterThan(0)
    driver.kill('SIGKILL')
    await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([])
  })

  it('is not ended by the Ctrl-C that its driver gets too', async () => {
    const backend = backendOf('process', { workers: 1 })
    const pid = counter(await go(backend, 'ok'), 'pid')
    process.kill(pid, 'SIGINT')
    expect(counter(await go(backend, 'sleep:100'), 'pid')).toBe(pid)
  })

  it('is gone after close', async () => {
    const backend = backendOf('process', { workers: 1 })
    const pid = counter(await go(backend, 'ok'), 'pid')
    await backend.close()
    expect(isAlive(pid)).toBe(false)
  })

  it('cannot forge answers with messages of its own', async () => {
    expect(await go(backendOf('process'), 'garbage')).toMatchObject({ ok: true, nonce: 'garbage' })
  })
})

describe('the options', () => {
  it.each([0, -1, 1.5, Number.NaN])('%d workers are refused', workers => {
    expect(() => backendOf('thread', { workers })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })

  it('a heap of less than a megabyte is refused', () => {
    expect(() => backendOf('thread', { memoryMb: 0 })).toThrow('memoryMb')
  })
})

/** Process ids of a process's children, where the system tells (Linux). */
function childrenOf(pid: number): number[] {
  return execFileSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number)
}
