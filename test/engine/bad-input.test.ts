import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { count, DunlinError, from, type JobEvent, range, read, run, sum } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

async function errorOf(job: Promise<unknown>): Promise<DunlinError> {
  const error = await job.then(
    value => new Error(`it did not fail, but gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (error instanceof DunlinError) return error
  throw error
}

/** The text without what differs from run to run. */
const said = (error: DunlinError): string => error.message.replaceAll(place.directory, '<here>')

describe('bad input is refused with its place and a remedy', () => {
  it('a path that is not there, naming what is near', async () => {
    await place.write('data/orders.txt', 'x\n')
    const error = await errorOf(read.text('data/order.txt').count({ engine: place.engine() }))
    expect(error.code).toBe('NOT_FOUND')
    expect(said(error)).toContain('data/order.txt')
    expect(error.hint ?? said(error)).toContain('orders.txt')
  })

  it('a glob that matches nothing', async () => {
    const error = await errorOf(read.text('data/*.csv').count({ engine: place.engine() }))
    expect(error.code).toBe('NOT_FOUND')
    expect(said(error)).toContain('data/*.csv')
  })

  it('an output directory that is not empty, before anything runs', async () => {
    await place.write('full/old.txt', 'precious')
    const calls: string[] = []
    const error = await errorOf(
      range(3)
        .write.text('full')
        .run({ engine: place.engine(), onEvent: event => calls.push(event.type) }),
    )
    expect(error.code).toBe('OUTPUT_NOT_EMPTY')
    expect(said(error)).toContain('full')
    expect(said(error) + error.hint).toMatch(/old\.txt[\s\S]*overwrite/)
    expect(calls).not.toContain('taskStarted')
    expect(await readFile(place.path('full/old.txt'), 'utf8')).toBe('precious')
  })

  it('a line that is not JSON, with file and line', async () => {
    await place.write('rows.jsonl', `${'{"a":1}\n'.repeat(41)}{"a":\n{"a":2}\n`)
    const error = await errorOf(
      read.jsonl('rows.jsonl', { splitBytes: 100 }).count({ engine: place.engine() }),
    )
    expect(error.code).toBe('BAD_RECORD')
    expect(error.place.at?.replaceAll(place.directory, '<here>')).toContain('rows.jsonl:42')
  })

  it('a function that throws, with record, operator and the line of the source', async () => {
    const parse = (n: number) => {
      if (n === 4321) throw new RangeError('too large')
      return n
    }
    const error = await errorOf(range(10_000).map(parse).count({ engine: place.engine() }))
    expect(error.code).toBe('USER_FUNCTION')
    expect(said(error)).toContain('too large')
    expect(error.place.operator).toBe('Map parse')
    expect(error.place.record).toBe('4321')
    const source = (await readFile(import.meta.filename, 'utf8')).split('\n')
    const line = source.findIndex(text => text.includes("new RangeError('too large')")) + 1
    expect(error.place.at).toMatch(new RegExp(`bad-input\\.test\\.ts:${line}`))
    expect((error.cause as Error).stack).toContain(`bad-input.test.ts:${line}`)
  })

  it('two types in one column, with operator, column, both types', async () => {
    const mixed = range(10).map(n => ({ v: n === 7 ? 'seven' : n }))
    const error = await errorOf(mixed.collect({ engine: place.engine() }))
    expect(error.code).toBe('TYPE_MISMATCH')
    for (const part of ['v', 'float64', 'utf8', 'seven']) expect(said(error)).toContain(part)
  })

  it('two types in one column of different tasks', async () => {
    await place.write('a.jsonl', '{"v":1}\n')
    await place.write('b.jsonl', '{"v":"x"}\n')
    const both = read.jsonl(['a.jsonl', 'b.jsonl'], { splitBytes: 1 }).groupBy('v').aggregate({ n: count() })
    const error = await errorOf(both.collect({ engine: place.engine() }))
    expect(error.code).toBe('TYPE_MISMATCH')
    for (const part of ['v', 'float64', 'utf8']) expect(said(error)).toContain(part)
  })

  it('a column that the records do not have, naming those they have', async () => {
    const rows = from([{ customer: 'a', amount: 1 }]) as never as ReturnType<
      typeof from<{ custmer: string; amount: number }>
    >
    const error = await errorOf(
      rows
        .groupBy('custmer')
        .aggregate({ total: sum('amount') })
        .collect({ engine: place.engine() }),
    )
    expect(error.code).toBe('UNKNOWN_COLUMN')
    for (const part of ['custmer', 'customer']) expect(said(error)).toContain(part)
  })

  it('a column whose name UTF-8 cannot hold, which would be lost', async () => {
    const error = await errorOf(from([{ '\ud800': 1, '\ud801': 2 }]).collect({ engine: place.engine() }))
    expect(error.code).toBe('TYPE_MISMATCH')
    expect(said(error)).toContain('lone surrogate')
  })

  it('a promise from a filter, which would always be truthy', async () => {
    const wrong = range(3).filter(((n: number) => Promise.resolve(n > 1)) as never)
    const error = await errorOf(wrong.count({ engine: place.engine() }))
    expect(error.code).toBe('USER_FUNCTION')
    expect(said(error) + error.hint).toMatch(/promise/i)
    expect(said(error) + error.hint).toMatch(/truthy/)
  })

  it('nothing to run', async () => {
    expect((await errorOf(run([], { engine: place.engine() }))).code).toBe('INVALID_PLAN')
  })

  it('arguments that the types would have refused', async () => {
    expect(() => range(3).map('x' as never)).toThrow('map: its argument must be a function, not "x"')
    expect(() => range(1.5)).toThrow('range: end must be a whole number')
    await expect(range(3).reduce(((a: number, b: number) => a + b) as never)).rejects.toThrow(
      'reduce takes { identity, combine }, not a function',
    )
    expect(() => from(5 as never)).toThrow('from: its argument must be an iterable, not 5')
    expect(() => range(3).with({ memory: 1 } as never)).toThrow('with: there is no option memory')
    await expect(range(3).count({ retries: -1 })).rejects.toThrow(
      'run: retries must be a whole number from 0 on, not -1',
    )
    await expect(range(3).take(-1)).rejects.toThrow('take: n must be a whole number from 0 on, not -1')
    expect(() => read.text('')).toThrow('a path must be a text that is not empty')
    expect(() => range(3).write.csv('x', { mode: 'replace' as never })).toThrow(
      'mode must be one of fail, overwrite, append',
    )
  })
})

describe('a file that the user may not read', () => {
  it.skipIf(process.getuid?.() === 0)('is named', async () => {
    await place.write('secret.txt', 'x\n')
    execFileSync('chmod', ['000', place.path('secret.txt')])
    const error = await errorOf(read.text('secret.txt').count({ engine: place.engine() }))
    expect(error.code).toBe('ACCESS_DENIED')
    expect(said(error)).toContain('secret.txt')
  })

  it.runIf(process.getuid?.() === 0)('is named (as an unprivileged process)', async () => {
    await place.write('secret/rows.txt', 'x\n')
    execFileSync('chmod', ['000', place.path('secret/rows.txt')])
    execFileSync('chmod', ['777', place.directory])
    const script = `
      process.setgid(65534); process.setuid(65534)
      const { read, local } = await import('dunlin')
      const engine = local({ directory: process.argv[1] + '/.nobody', base: process.argv[1], workers: 1 })
      await read.text('secret/rows.txt').count({ engine }).then(
        () => process.stdout.write('read it'),
        error => process.stdout.write(error.code + ' ' + error.message),
      )
      await engine.close()`
    const out = execFileSync(
      process.execPath,
      ['--conditions=development', '--input-type=module', '-e', script, place.directory],
      { encoding: 'utf8', cwd: process.cwd() },
    )
    expect(out).toContain('ACCESS_DENIED')
    expect(out).toContain('secret/rows.txt')
  })
})

describe('a full disk', () => {
  const canMount = process.platform === 'linux' && process.getuid?.() === 0
  it.runIf(canMount)('ends the job with NO_SPACE and leaves nothing of the output', async () => {
    const small = place.path('small')
    await mkdir(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small])
    try {
      const rows = range(200_000).map(n => `this is row number ${n}, and it takes some space`)
      const error = await errorOf(rows.write.text(join(small, 'out')).run({ engine: place.engine() }))
      expect(error.code).toBe('NO_SPACE')
      expect(said(error)).toContain('<here>/small')
      const left = await readdir(small, { recursive: true, withFileTypes: true })
      expect(left.filter(entry => entry.isFile()).map(entry => entry.name)).toEqual([])
    } finally {
      execFileSync('umount', [small])
    }
  })
})

describe('a slice with a flipped bit', () => {
  it('is made again: the job gives the right output, and the report names producer and partition', async () => {
    const engine = place.engine({ workers: 1, directory: place.path('flipping') })
    const flip = (): void => {
      const files = readdirSync(place.path('flipping'), { recursive: true, withFileTypes: true })
      const file = files.find(entry => entry.name.startsWith('0-') && entry.name.endsWith('.arrow'))!
      const path = join(file.parentPath, file.name)
      const bytes = readFileSync(path)
      bytes[Math.floor(bytes.length / 2)]! ^= 4
      writeFileSync(path, bytes)
    }
    const counts = range(20_000)
      .map(n => `w${n % 50}`)
      .valueCounts()
    let flips = 0
    const remade: JobEvent[] = []
    const report = await counts.write.csv('flipped').run({
      engine,
      retries: 0,
      onEvent: event => {
        if (event.type === 'stageFinished' && event.stage === 0 && flips++ === 0) flip()
        if (event.type === 'taskRemade') remade.push(event)
      },
    })
    expect(remade).toMatchObject([{ stage: 0, task: 0, generation: 1, failure: { code: 'CORRUPT' } }])
    expect(report.failures.map(failure => failure.message).join()).toMatch(
      /slice of partition 0 that task 0 of stage 0 wrote is damaged/,
    )
    const written = await readFile(place.path('flipped/part-00000.csv'), 'utf8')
    expect(written.trim().split('\n').sort()).toEqual(
      ['value,count', ...Array.from({ length: 50 }, (_, n) => `w${n},400`)].sort(),
    )
  })
})
