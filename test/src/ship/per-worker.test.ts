/** What `perWorker` makes: one for each worker, shared, closed at its end. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { local, perWorker } from '../../../src/index.ts'
import { workerValues } from '../../../src/ship/worker-values.ts'
import { fixtures } from './run-fixture.ts'

const directory = mkdtempSync(join(tmpdir(), 'dunlin-per-worker-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function run(...args: readonly string[]): Promise<{ out: string; err: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--conditions=development', join(fixtures, 'per-worker.ts'), ...args],
      { cwd: fixtures },
    )
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', text => (out += text))
    child.stderr.setEncoding('utf8').on('data', text => (err += text))
    child.on('error', reject)
    child.on('close', code => resolve({ out, err, code }))
  })
}

describe.each([
  ['thread', 'end'],
  ['process', 'close'],
  ['inline', 'end'],
])('with isolation %s, in a program that lets its engine %s', (isolation, how) => {
  it('makes a value once for all tasks and functions, tells whose a failure is, and closes it', async () => {
    const { out, err, code } = await run(isolation, join(directory, isolation + how), how)
    expect(code, err).toBe(0)
    const [ids, broken, refused] = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown)
    expect(ids).toEqual({ rows: 8, ids: 1, same: true })
    expect(broken).toMatchObject({
      code: 'USER_FUNCTION',
      message: expect.stringContaining('threw on record 0: the factory of perWorker failed: no such host'),
      at: expect.stringMatching(/^per-worker\.ts:39:\d+$/),
    })
    expect(refused).toMatchObject({
      message: expect.stringContaining('the factory of perWorker failed: no luck'),
      at: expect.stringMatching(/^per-worker\.ts:42:\d+$/),
    })
    // The last made is closed first.
    expect(err).toMatch(/^closed the one of number\nclosed after 8 calls\n$/)
  })
})

describe('a value of perWorker in one process', () => {
  it('is made at the first call, and again where the factory failed', () => {
    let calls = 0
    const value = perWorker(() => {
      if (calls++ === 0) throw new Error('not yet')
      return { calls }
    })
    expect(calls).toBe(0)
    expect(value).toThrow('the factory of perWorker failed: not yet')
    expect(value()).toBe(value())
    expect(calls).toBe(2)
  })

  it('is closed by the language’s protocol, also where another cannot be closed', async () => {
    const closed: string[] = []
    const sync = perWorker(() => ({ [Symbol.dispose]: () => closed.push('sync') }))
    const failing = perWorker(() => 7, {
      close: () => {
        throw new Error('stuck')
      },
    })
    sync()
    failing()
    expect(await workerValues.close()).toMatchObject([{ message: 'stuck' }])
    expect(closed).toEqual(['sync'])
    expect(workerValues.size).toBe(0)
    sync()
    expect(workerValues.size).toBe(1)
    await workerValues.close()
  })

  it('is closed before those that its factory awaited, whoever was asked for first', async () => {
    const closed: string[] = []
    const named = (name: string) => ({ close: () => closed.push(name) })
    const inner = perWorker(async () => setTimeout(5), named('inner'))
    const outer = perWorker(async () => {
      await setTimeout(1)
      await inner()
    }, named('outer'))
    const first = outer()
    await setTimeout(3)
    await Promise.all([inner(), first])
    await workerValues.close()
    expect(closed).toEqual(['outer', 'inner'])
    closed.length = 0
    const both = [outer(), inner()]
    await Promise.all(both)
    await workerValues.close()
    expect(closed).toEqual(['outer', 'inner'])
  })

  it('keeps no other from being closed where its own closing, or its making, never ends', async () => {
    const closed: string[] = []
    const never = () => new Promise<never>(() => {})
    const [sound, stuck, unmade] = [
      perWorker(() => 1, { close: () => closed.push('sound') }),
      perWorker(() => 2, { close: never }),
      perWorker(never),
    ]
    sound()
    stuck()
    void unmade()
    const began = performance.now()
    expect(await workerValues.close()).toMatchObject([
      { message: expect.stringMatching(/^it was not closed within \d+ ms$/) },
      { message: expect.stringMatching(/^it was not closed within \d+ ms$/) },
    ])
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(closed).toEqual(['sound'])
  })

  it('is closed once, and whole, where it is asked for twice', async () => {
    const steps: string[] = []
    const [first, second] = ['first', 'second'].map(name =>
      perWorker(() => name, {
        close: async () => {
          steps.push(`${name} begins`)
          await setTimeout(5)
          steps.push(`${name} ends`)
        },
      }),
    )
    first!()
    second!()
    await Promise.all([workerValues.close(), workerValues.close()])
    expect(steps).toEqual(['second begins', 'second ends', 'first begins', 'first ends'])
  })

  it('is given as it is where it only has a method then, as queries have', async () => {
    let executed = 0
    let closed: unknown
    const query = { then: (done: (rows: unknown) => void) => done(++executed) }
    const value = perWorker(() => query, { close: given => void (closed = given) })
    expect(value() === query && value() === query).toBe(true)
    await workerValues.close()
    expect(executed).toBe(0)
    expect(closed === query).toBe(true)
  })

  it('stays where one from before the closing fails late', async () => {
    const failing = Promise.withResolvers<string>()
    let calls = 0
    const value = perWorker(() => (calls++ === 0 ? failing.promise : Promise.resolve('sound')))
    const same = Promise.resolve(value()).then(
      () => 'made',
      () => value() === later,
    )
    const closing = workerValues.close()
    const later = value()
    failing.reject(new Error('too late'))
    expect(await same).toBe(true)
    await closing
    await workerValues.close()
    expect(await later).toBe('sound')
  })

  it('is closed on the driver with its engine, whatever its isolation', async () => {
    const closed: string[] = []
    perWorker(() => 1, { close: () => closed.push('of the driver') })()
    await local({ isolation: 'thread', directory }).close()
    expect(closed).toEqual(['of the driver'])
  })

  it('takes functions only', () => {
    expect(() => perWorker('x' as never)).toThrow('perWorker: its argument must be a function')
    expect(() => perWorker(() => 1, { end: () => {} } as never)).toThrow('there is no option end')
  })
})
