import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { aggregation, count, from, type JobEvent, range, read, run, sum } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

describe('sources', () => {
  it('are files, directories, globs and lists of them, in order, gzip by name', async () => {
    await place.write('logs/2024/b.txt', 'b1\r\nb2')
    await place.write('logs/2024/a.txt', 'a1\n\na2\n')
    await place.write('logs/2025/c.txt.gz', gzipSync('c1\nc2\n'))
    await place.write('logs/_ignored.txt', 'no')
    const engine = place.engine()
    expect(await read.text('logs').collect({ engine })).toEqual(['a1', '', 'a2', 'b1', 'b2', 'c1', 'c2'])
    expect(await read.text('logs/**/[bc].*').collect({ engine })).toEqual(['b1', 'b2', 'c1', 'c2'])
    expect(await read.text(['logs/2025', 'logs/2024/a.txt']).collect({ engine })).toEqual([
      'c1',
      'c2',
      'a1',
      '',
      'a2',
    ])
  })

  it('are iterables, also async ones, read when the job is submitted and not before', async () => {
    const engine = place.engine()
    let begun = 0
    async function* numbers() {
      begun++
      yield* [1, 2, 3]
    }
    const all = from({ [Symbol.asyncIterator]: numbers })
    expect(begun).toBe(0)
    expect(await all.map(n => n * 2).collect({ engine })).toEqual([2, 4, 6])
    expect(await all.count({ engine })).toBe(3)
    expect(begun).toBe(2)
  })

  it('keep records as they were: pairs, dates, bytes, bigints, nested values', async () => {
    const engine = place.engine()
    const rows = [
      {
        at: new Date(7),
        raw: new Uint8Array([1, 2]),
        big: 2n ** 60n,
        deep: { list: [1, 2], on: true },
        f: new Float64Array([0.5]),
      },
      { at: null, raw: null, big: null, deep: null, f: null },
    ]
    expect(await from(rows).collect({ engine })).toEqual(rows)
    expect(
      await from([
        ['a', 1],
        ['b', 2],
      ] as [string, number][]).collect({ engine }),
    ).toEqual([
      ['a', 1],
      ['b', 2],
    ])
  })

  it('declare their columns', async () => {
    await place.write('typed.jsonl', '{"id":"007","n":1,"extra":true}\n{"id":null,"n":2}\n')
    const rows = read.jsonl('typed.jsonl', { schema: { id: 'utf8', n: 'int64' } })
    expect(await rows.collect({ engine: place.engine() })).toEqual([
      { id: '007', n: 1 },
      { id: null, n: 2 },
    ])
  })
})

describe('actions', () => {
  it('stream rows in order, and stop early without an error', async () => {
    const engine = place.engine()
    const seen: number[] = []
    for await (const n of range(100_000).rows({ engine })) {
      seen.push(n)
      if (n === 70_000) break
    }
    expect(seen.length).toBe(70_001)
    expect(seen.every((n, i) => n === i)).toBe(true)
  })

  it('take runs as few tasks as it needs', async () => {
    const engine = place.engine()
    const tasks: number[] = []
    const onEvent = (event: JobEvent) => {
      if (event.type === 'taskStarted') tasks.push(event.task)
    }
    const lines = range(4096 * 20).map(n => `line ${n}`)
    expect(await lines.take(3, { engine, onEvent })).toEqual(['line 0', 'line 1', 'line 2'])
    expect(tasks).toEqual([0])
  })

  it('refuse to collect more than was allowed, and name what to do', async () => {
    const engine = place.engine()
    const error = await range(100_000)
      .collect({ engine, maxBytes: 1000 })
      .catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'TOO_LARGE',
      hint: expect.stringMatching(/rows\(\).*write.*maxBytes/),
    })
  })

  it('give an Arrow table', async () => {
    const table = await from([
      { a: 1, b: 'x' },
      { a: 2, b: null },
    ]).toArrow({ engine: place.engine() })
    expect(table.numRows).toBe(2)
    expect(table.toArray().map(row => ({ ...row.toJSON() }))).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: null },
    ])
  })

  it('reduce in order with an associative function that does not commute', async () => {
    const engine = place.engine()
    const letters = range(20_000).map(n => String.fromCharCode(97 + (n % 26)))
    const joined = await letters.reduce({ identity: '', combine: (a, b) => a + b }, { engine })
    expect(joined).toBe(Array.from({ length: 20_000 }, (_, n) => String.fromCharCode(97 + (n % 26))).join(''))
  })
})

describe('verbs', () => {
  it('reduceByKey, mapBatches, select, through and aggregations of one’s own', async () => {
    const engine = place.engine()
    const pairs = range(10_000).map(n => [`k${n % 3}`, n] as [string, number])
    const sums = await pairs
      .reduceByKey((a, b) => a + b)
      .with({ partitions: 2 })
      .collect({ engine })
    expect(new Map(sums)).toEqual(
      new Map([
        ['k0', 16668333],
        ['k1', 16661667],
        ['k2', 16665000],
      ]),
    )
    const sizes = await range(2500)
      .mapBatches(batch => [batch.length])
      .collect({ engine })
    expect(sizes).toEqual([1024, 1024, 452])
    const longest = aggregation({
      init: () => '',
      add: (best: string, row: { w: string }) => (row.w.length > best.length ? row.w : best),
      merge: (a, b) => (b.length > a.length ? b : a),
      finish: best => best.toUpperCase(),
    })
    const words = range(9000).map(n => ({ w: 'x'.repeat(n % 7), n }))
    expect(
      await words
        .through(all => all.select({ w: 'w' }))
        .aggregate({ longest })
        .collect({ engine }),
    ).toEqual([{ longest: 'XXXXXX' }])
  })

  it('capture constants, helpers of the same file and imports', async () => {
    const engine = place.engine()
    const factor = 3
    const table = new Map([['a', 1n]])
    const helper = (n: number): number => (n <= 0 ? factor : helper(n - 1))
    const rows = await range(2)
      .map(n => ({
        n: helper(n),
        hit: table.get('a') ?? null,
        path: resolve('/', String(n)),
        sizes: gzipSync('').length > 0,
      }))
      .collect({ engine })
    expect(rows).toEqual([
      { n: 3, hit: 1n, path: '/0', sizes: true },
      { n: 3, hit: 1n, path: '/1', sizes: true },
    ])
  })
})

describe('the task argument', () => {
  it('seeds random by stage and partition: the same under retries and with any number of workers', async () => {
    const draws = (workers: number, fail: boolean, seed = 0) =>
      range(20_000)
        .map((_, task) => {
          const drawn = task.random()
          if (fail && task.attempt === 1 && task.index % 2 === 0) throw new Error('again')
          return drawn
        })
        .collect({ engine: place.engine({ workers }), seed })
    const first = await draws(1, false)
    expect(new Set(first).size).toBe(20_000)
    expect(await draws(3, false)).toEqual(first)
    expect(await draws(2, true)).toEqual(first)
    expect(await draws(2, false, 1)).not.toEqual(first)
  })

  it('counts into the report what committed attempts counted, and logs into the events', async () => {
    const logs: string[] = []
    const report = await range(9000)
      .filter((n, task) => {
        if (n % 1000 === 0) task.counter('thousands')
        if (n === 5000) task.log(`seen ${n}`, 'warn')
        if (n === 8999 && task.attempt === 1) throw new Error('again')
        return true
      })
      .write.text('counted')
      .run({
        engine: place.engine(),
        onEvent: event => {
          if (event.type === 'log') logs.push(`${event.level} ${event.message}`)
        },
      })
    expect(report.counters).toEqual({ thousands: 9 })
    expect(report.retries).toBe(1)
    expect(logs).toEqual(['warn seen 5000'])
  })
})

describe('outputs', () => {
  it('of one job compute what they share once', async () => {
    const engine = place.engine()
    const shared = range(9000).map((n, task) => {
      task.counter('calls')
      return { k: n % 2, n }
    })
    const report = await run(
      [
        shared
          .groupBy('k')
          .aggregate({ total: sum('n') })
          .write.csv('totals'),
        shared.filter(row => row.n < 2).write.jsonl('few'),
      ],
      { engine, name: 'two outputs' },
    )
    expect(report.counters).toEqual({ calls: 9000 })
    expect(report.outputs.map(output => output.rows)).toEqual([2, 2])
    expect(await place.output('few')).toBe('{"k":0,"n":0}\n{"k":1,"n":1}\n')
  })

  it('share one schema over all parts, also where a task saw only nulls', async () => {
    const engine = place.engine()
    const rows = range(9000).map(n => ({ n, late: n > 8000 ? `v${n}` : null }))
    await rows.write.csv('schema').run({ engine })
    const parts = (await place.names('schema')).filter(name => name.endsWith('.csv'))
    expect(parts.length).toBe(3)
    for (const part of parts)
      expect((await readFile(place.path('schema', part), 'utf8')).split('\n')[0]).toBe('n,late')
  })

  it('are written in every format and read back', async () => {
    const engine = place.engine()
    const lines = range(5000).map(n => `line ${n}`)
    await run(
      [
        lines.write.text('back/text'),
        lines.write.jsonl('back/jsonl'),
        lines.write.arrow('back/arrow'),
        lines.write.csv('back/csv'),
      ],
      { engine },
    )
    const expected = Array.from({ length: 5000 }, (_, n) => `line ${n}`)
    expect(await read.text('back/text').collect({ engine })).toEqual(expected)
    expect(await read.jsonl<string>('back/jsonl').collect({ engine })).toEqual(expected)
    expect(await place.names('back/arrow')).toEqual(['_SUCCESS', 'part-00000.arrow', 'part-00001.arrow'])
  })

  it('append, overwrite, and list what they hold in _SUCCESS', async () => {
    const engine = place.engine()
    const once = (text: string, mode: 'append' | 'overwrite') =>
      from([text]).write.text('modes', { mode }).run({ engine })
    await once('one', 'append')
    await once('two', 'append')
    expect((await read.text('modes').collect({ engine })).sort()).toEqual(['one', 'two'])
    await once('three', 'overwrite')
    expect(await place.names('modes')).toEqual(['_SUCCESS', 'part-00000.txt'])
    const manifest = JSON.parse(await readFile(place.path('modes/_SUCCESS'), 'utf8')) as {
      rows: number
      parts: { name: string }[]
    }
    expect(manifest).toMatchObject({ rows: 1, parts: [{ name: 'part-00000.txt', rows: 1, bytes: 6 }] })
    expect(manifest).toMatchObject({ counts: [{ stage: 0, rowsIn: 1, rowsOut: 1 }] })
  })

  it('that are never run are warned of at exit', async () => {
    await mkdir(place.path('node_modules'), { recursive: true })
    await symlink(resolve('.'), place.path('node_modules/dunlin'))
    await writeFile(
      place.path('forgot.mts'),
      "import { from } from 'dunlin'\nfrom([1]).write.text('never')\nconst ran = from([2]).write.text('ran')\nawait ran.run()\n",
    )
    const { stderr } = await promisify(execFile)(
      process.execPath,
      ['--conditions=development', place.path('forgot.mts')],
      { cwd: place.directory },
    )
    expect(stderr).toBe(
      'dunlin: the output never (forgot.mts:2) was never run; call .run() on it, or run([…])\n',
    )
  })
})

describe('an engine', () => {
  it('runs jobs side by side, and a job leaves its plan, journal and report but no data', async () => {
    const engine = place.engine({ directory: place.path('side') })
    const all = await Promise.all(
      [1, 2, 3, 4].map(by =>
        range(9000)
          .map(n => n * by)
          .aggregate({ n: count() })
          .collect({ engine }),
      ),
    )
    expect(all).toEqual(Array(4).fill([{ n: 9000 }]))
    const jobs = await place.names('side/jobs')
    expect(jobs.length).toBe(4)
    for (const job of jobs)
      expect(await place.names(`side/jobs/${job}`)).toEqual(['ends', 'journal', 'lease', 'plan.json'])
  })
})

describe('the branches of a union', () => {
  it('draw different random numbers', async () => {
    const drawn = () => range(4).map((_, task) => task.random())
    const all = await drawn().union(drawn()).collect({ engine: place.engine() })
    expect(new Set(all).size).toBe(8)
  })
})

describe('range', () => {
  it('takes a step, and how many numbers a task gets', async () => {
    const engine = place.engine()
    expect(await range(10, 20, { step: 4 }).collect({ engine })).toEqual([10, 14, 18])
    const tasks = await range(3, { splitRows: 1 })
      .map((_, task) => task.index)
      .collect({ engine })
    expect(tasks).toEqual([0, 1, 2])
  })
})

describe('counters', () => {
  it('are for a few totals: a thousand and first name is refused', async () => {
    const many = range(2000).filter((n, task) => {
      task.counter(`n${n}`)
      return true
    })
    const error = await many.count({ engine: place.engine(), retries: 0 }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'USER_FUNCTION' })
    expect((error as Error).message).toContain('more than 1000 counters')
  })
})

describe('states that a function changes in place', () => {
  it('begin afresh in every task and group, also where init gives one and the same object', async () => {
    const total = (workers: number) =>
      range(40_000)
        .map(() => ({ a: 1 }))
        .reduce(
          {
            identity: { a: 0 },
            combine: (p, q) => {
              p.a += q.a
              return p
            },
          },
          { engine: place.engine({ workers }) },
        )
    expect(await total(1)).toEqual({ a: 40_000 })
    expect(await total(3)).toEqual({ a: 40_000 })
    const shared = { n: 0 }
    const rows = aggregation({
      init: () => shared,
      add: (state, _row: { k: number }) => {
        state.n++
        return state
      },
      merge: (a, b) => ({ n: a.n + b.n }),
      finish: state => state.n,
    })
    const groups = range(9000)
      .map(n => ({ k: n % 3 }))
      .groupBy('k')
      .aggregate({ rows })
    expect(await groups.collect({ engine: place.engine() })).toEqual([0, 1, 2].map(k => ({ k, rows: 3000 })))
  })
})

describe('a listener', () => {
  it('that throws or rejects fails the job, and what it says of a finished job comes after its end', async () => {
    const engine = place.engine({ directory: place.path('listeners') })
    const failing = (at: JobEvent['type'], how: 'throws' | 'rejects') => (event: JobEvent) => {
      if (event.type !== at) return
      if (how === 'throws') throw new Error('listener bug')
      return Promise.reject(new Error('listener bug'))
    }
    for (const how of ['throws', 'rejects'] as const) {
      for (const at of ['taskStarted', 'jobFinished'] as const) {
        const name = `${how}-${at}`
        const job = range(10)
          .write.text(name)
          .run({ engine, onEvent: failing(at, how) })
        const error = await job.catch((error: unknown) => error)
        expect(String((error as Error).message), name).toMatch(/listener bug|onEvent failed/)
        expect(await place.names(name), name).toEqual(
          at === 'jobFinished' ? ['_SUCCESS', 'part-00000.txt'] : [],
        )
      }
    }
    for (const job of await place.names('listeners/jobs')) {
      expect(await place.names(`listeners/jobs/${job}`)).toContain('ends')
    }
  })
})
