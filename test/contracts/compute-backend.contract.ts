/** The contract of every ComputeBackend, as a suite that runs over any implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ComputeBackend } from '../../src/compute/compute-backend.ts'
import type { TaskFailed, TaskResult, TaskSuccess } from '../../src/task/task-event.ts'
import { eventFor } from '../fixtures/compute/behaviours.ts'

export interface ComputeBackendUnderTest {
  readonly name: string
  /** A backend that runs `behave` with two slots, and a heap limit where it has one. */
  open(): ComputeBackend | Promise<ComputeBackend>
  /** What it says of a worker that ended while it ran a task, where it shields from that. */
  readonly words?: {
    exit(code: string): RegExp
    readonly kill?: RegExp
    readonly abort?: RegExp
    /** Of the channel to the driver, where there is one. */
    readonly disconnect?: RegExp
    /** What to do about an exit. */
    readonly exitHint?: RegExp
  }
  /** What it shields the driver from. */
  readonly shields: {
    /** A function that never returns can be stopped. */
    readonly busyLoops: boolean
    /** process.exit, errors outside of any call, a full heap: they cost one task. */
    readonly endings: boolean
    /** SIGKILL and crashes of native code cost one task. */
    readonly kills: boolean
  }
}

export function computeBackendContract(subject: ComputeBackendUnderTest): void {
  describe(`the compute backend contract, kept by ${subject.name}`, () => {
    let backend: ComputeBackend
    const go = (behaviour: string, signal = new AbortController().signal, task = 0): Promise<TaskResult> =>
      backend.run(eventFor(behaviour, task), { signal })
    const ok = async (behaviour: string): Promise<TaskSuccess> => {
      const result = await go(behaviour)
      if (!result.ok) throw new Error(result.failure.message)
      return result
    }
    const failure = async (behaviour: string, signal?: AbortSignal): Promise<TaskFailed['failure']> => {
      const result = await go(behaviour, signal)
      if (result.ok) throw new Error(`${behaviour} did not fail`)
      return result.failure
    }

    beforeAll(async () => {
      backend = await subject.open()
      backend.warm?.()
    })
    afterAll(() => backend.close())

    it('runs a task and gives its result', async () => {
      const event = eventFor('ok', 7)
      const result = await backend.run(event, { signal: new AbortController().signal })
      expect(result).toMatchObject({ ok: true, attempt: 1, nonce: 'ok', rowsOut: 7, schema: null, logs: [] })
    })

    it('gives failures as data, with code, hint and place', async () => {
      expect(await failure('fail')).toMatchObject({
        code: 'BAD_RECORD',
        message: 'line 3 is not JSON',
        hint: 'mend it',
        retryable: false,
        place: { at: 'a:3' },
      })
    })

    it('does not reject where the handler throws', async () => {
      expect(await failure('throw')).toMatchObject({
        code: 'INTERNAL',
        message: expect.stringContaining('thrown by the handler'),
        place: { job: 'job-1', stage: 2, task: 0, attempt: 1 },
      })
    })

    it('does not reject where event or result is not JSON', async () => {
      expect((await failure('bigint')).code).toBe('INTERNAL')
      const event = { ...eventFor('ok'), seed: 1n as unknown as number }
      const result = await backend.run(event, { signal: new AbortController().signal })
      expect(result.ok).toBe(false)
      expect((await ok('ok')).ok).toBe(true)
    })

    it('sends events and results through JSON', async () => {
      const event = { ...eventFor('roundTrip'), extra: undefined, when: new Date(0) }
      const result = await backend.run(event, { signal: new AbortController().signal })
      expect(result.ok && result.counters).toMatchObject({ undefinedKeys: 0, dates: 0 })
      expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    })

    it('runs many tasks, each with its own result', async () => {
      const tasks = Array.from({ length: 300 }, (_, task) => task)
      const results: number[] = []
      const left = [...tasks]
      const slot = async (): Promise<void> => {
        for (let task = left.shift(); task !== undefined; task = left.shift()) {
          const result = await go('ok', undefined, task)
          results[task] = result.ok ? result.rowsOut : -1
        }
      }
      await Promise.all(Array.from({ length: backend.slots }, slot))
      expect(results).toEqual(tasks)
    })

    it('runs `slots` tasks at once', async () => {
      expect(backend.slots).toBe(2)
      await Promise.all([ok('sleep:1'), ok('sleep:1')])
      const start = performance.now()
      await Promise.all([ok('sleep:400'), ok('sleep:400')])
      expect(performance.now() - start).toBeLessThan(750)
    })

    it('says which memory its workers can have, the default first', () => {
      const { memorySizesMb: sizes } = backend
      expect(sizes.length).toBeGreaterThan(0)
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
      expect(new Set(sizes).size).toBe(sizes.length)
    })

    it('takes a request for any memory, also for more than it has', async () => {
      for (const memoryMb of [1, backend.memorySizesMb[0]!, 1_000_000]) {
        const signal = new AbortController().signal
        const result = await backend.run(eventFor('ok', 5), { signal, memoryMb })
        expect(result).toMatchObject({ ok: true, rowsOut: 5 })
      }
    })

    it('does not start a task whose signal is aborted already', async () => {
      expect((await failure('ok', AbortSignal.abort())).code).toBe('CANCELLED')
    })

    it.each(['polite', 'deaf'])('stops a %s task within a second', async behaviour => {
      const signal = AbortSignal.timeout(150)
      const cancelling = failure(behaviour, signal)
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      const start = performance.now()
      expect((await cancelling).code).toBe('CANCELLED')
      expect(performance.now() - start).toBeLessThan(1000)
      expect((await ok('ok')).ok).toBe(true)
    })

    it('cancels one task and leaves the other alone', async () => {
      const [cancelled, other] = await Promise.all([go('deaf', AbortSignal.timeout(100)), go('sleep:600')])
      expect(cancelled.ok).toBe(false)
      expect(other.ok).toBe(true)
    })

    it('runs twenty tasks under one signal without a warning', async () => {
      const warnings: string[] = []
      const listen = (warning: Error): void => void warnings.push(warning.message)
      process.on('warning', listen)
      const { signal } = new AbortController()
      await Promise.all(Array.from({ length: 20 }, (_, task) => go('ok', signal, task)))
      await new Promise(setImmediate)
      process.off('warning', listen)
      expect(warnings).toEqual([])
    })

    if (subject.shields.busyLoops)
      describe('where tasks can be stopped', () => {
        it('stops a function that never returns within a second', async () => {
          const signal = AbortSignal.timeout(200)
          const cancelling = failure('busy', signal)
          await new Promise(resolve => signal.addEventListener('abort', resolve))
          const start = performance.now()
          expect((await cancelling).code).toBe('CANCELLED')
          expect(performance.now() - start).toBeLessThan(1000)
          expect((await ok('ok')).ok).toBe(true)
        })

        it('stops a loop that only allocates', async () => {
          expect((await failure('allocate', AbortSignal.timeout(30))).code).toMatch(/CANCELLED|OUT_OF_MEMORY/)
          expect((await ok('ok')).ok).toBe(true)
        })
      })

    if (subject.shields.endings)
      describe('where an ending costs one task', () => {
        it.each(['exit:3', 'exit:0'])(
          'says WORKER_LOST where a user function calls process.exit (%s)',
          async behaviour => {
            const [lost, other] = await Promise.all([go(behaviour), go('sleep:300')])
            expect(other.ok).toBe(true)
            if (lost.ok) throw new Error('not lost')
            expect(lost.failure).toMatchObject({ code: 'WORKER_LOST', retryable: true })
            expect(lost.failure.message).toMatch(subject.words!.exit(behaviour.at(-1)!))
            expect(lost.failure.hint ?? '').toMatch(subject.words!.exitHint ?? /^/)
            expect(lost.failure.place).toEqual({ job: 'job-1', stage: 2, task: 0, attempt: 1 })
            expect((await ok('ok')).ok).toBe(true)
          },
        )

        it('says OUT_OF_MEMORY where the heap is full', async () => {
          const [lost, other] = await Promise.all([go('outOfMemory'), go('sleep:300')])
          expect(other.ok).toBe(true)
          expect(lost).toMatchObject({ failure: { code: 'OUT_OF_MEMORY', retryable: true } })
          expect((await ok('ok')).ok).toBe(true)
        })

        it('gives a task that needs more than the default heap the next size, and that task alone', async () => {
          const [defaultMb, nextMb] = backend.memorySizesMb
          const needs = eventFor(`hold:${defaultMb! * 1.5}`)
          const { signal } = new AbortController()
          expect(await backend.run(needs, { signal })).toMatchObject({ failure: { code: 'OUT_OF_MEMORY' } })
          const larger = await backend.run(needs, { signal, memoryMb: nextMb! })
          expect(larger).toMatchObject({ ok: true, counters: { kept: expect.any(Number) } })
          expect(await backend.run(needs, { signal })).toMatchObject({ failure: { code: 'OUT_OF_MEMORY' } })
        })

        it('stops a task in a larger worker within a second', async () => {
          const signal = AbortSignal.timeout(200)
          const memoryMb = backend.memorySizesMb[1]!
          const cancelling = backend.run(eventFor('busy'), { signal, memoryMb })
          await new Promise(resolve => signal.addEventListener('abort', resolve))
          const start = performance.now()
          expect(await cancelling).toMatchObject({ failure: { code: 'CANCELLED' } })
          expect(performance.now() - start).toBeLessThan(1000)
        })

        it('fails the task with what was thrown outside of any call, and replaces the worker', async () => {
          expect(await failure('uncaught')).toMatchObject({
            code: 'WORKER_LOST',
            retryable: true,
            message: expect.stringContaining('thrown by a timer'),
            causes: [{ name: 'RangeError', message: 'thrown by a timer' }],
          })
          expect((await ok('ok')).ok).toBe(true)
        })

        it('fails the task with a rejection that nobody awaited', async () => {
          expect(await failure('rejection')).toMatchObject({
            code: 'USER_FUNCTION',
            message: expect.stringContaining('nobody awaits me'),
            hint: expect.stringContaining('Return the promise'),
          })
          expect((await ok('ok')).ok).toBe(true)
        })

        it('loses five workers in a row and goes on', async () => {
          for (let i = 0; i < 5; i++) expect((await failure('exit:1')).code).toBe('WORKER_LOST')
          expect((await ok('ok')).ok).toBe(true)
        })
      })

    if (subject.shields.kills)
      describe('where even a kill costs one task', () => {
        it.each((['kill', 'abort', 'disconnect'] as const).filter(how => subject.words?.[how]))(
          'says WORKER_LOST after %s',
          async behaviour => {
            const [lost, other] = await Promise.all([go(behaviour), go('sleep:300')])
            expect(other.ok).toBe(true)
            expect(lost).toMatchObject({
              failure: {
                code: 'WORKER_LOST',
                retryable: true,
                message: expect.stringMatching(subject.words![behaviour]!),
              },
            })
            expect((await ok('ok')).ok).toBe(true)
          },
        )
      })

    it('answers CANCELLED after close, also to what was running', async () => {
      const other = await subject.open()
      const running = other.run(eventFor('deaf'), { signal: new AbortController().signal })
      await other.run(eventFor('sleep:300'), { signal: new AbortController().signal })
      await other.close()
      expect(await running).toMatchObject({ failure: { code: 'CANCELLED' } })
      const late = await other.run(eventFor('ok'), { signal: new AbortController().signal })
      expect(late).toMatchObject({ failure: { code: 'CANCELLED' } })
    })
  })
}
