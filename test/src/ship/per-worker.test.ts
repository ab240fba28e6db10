/** What `perWorker` makes: one for each worker, shared, closed at its end. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { perWorker } from '../../../src/index.ts'
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

  it('takes functions only', () => {
    expect(() => perWorker('x' as never)).toThrow('perWorker: its argument must be a function')
    expect(() => perWorker(() => 1, { end: () => {} } as never)).toThrow('there is no option end')
  })
})
