/** What `onError` says and does: the report, dead letters, the tolerated share, and what it does not skip. */
import { count, type Engine, from, type OnError, range, read, run } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeadLetter } from '../../src/task/letter-box.ts'
import { check, errorOf, isGood, lettersIn, lineOf, numbers, type Row, SCHEMA } from './skipping.ts'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
let inline: Engine
beforeAll(async () => {
  place = await workplace()
  inline = place.engine({ isolation: 'inline' })
})
afterAll(() => place.close())

const letters = (name: string) => lettersIn(place, name)

describe('the report', () => {
  it('counts skipped records, of each stage too, with the first failure of each kind', async () => {
    await place.write('kinds.jsonl', numbers(400).map(lineOf).join('\n'))
    const rows = read.jsonl('kinds.jsonl', { schema: SCHEMA, splitBytes: 1000 }).map(check)
    const report = await rows.write
      .jsonl('kinds')
      .run({ engine: inline, onError: { deadLetters: 'kinds-bad' } })
    expect(report.state).toBe('succeeded')
    expect(report.skippedRecords).toBe((await letters('kinds-bad')).length)
    expect(report.stages.map(stage => stage.skippedRecords)).toEqual([report.skippedRecords])
    expect(report.failures.map(({ code, place: { operator } }) => [code, operator]).toSorted()).toEqual([
      ['BAD_RECORD', 'Scan jsonl'],
      ['TYPE_MISMATCH', 'Scan jsonl'],
      ['USER_FUNCTION', 'Map check'],
    ])
    const thrown = report.failures.find(failure => failure.code === 'USER_FUNCTION')!
    expect(thrown.causes[0]!.stack).toMatch(/skipping\.ts:\d+/)
    const { uri, rows: told } = report.deadLetters!
    expect([uri, told]).toEqual([`file://${place.path('kinds-bad')}/`, report.skippedRecords])
    expect(report.retries).toBe(0)
  })

  it('of a job without bad records has no dead letters, and nothing is written for them', async () => {
    const report = await range(3)
      .write.text('clean')
      .run({ engine: inline, onError: { deadLetters: 'clean-bad' } })
    expect([report.skippedRecords, report.deadLetters]).toEqual([0, undefined])
    expect(await place.names('clean-bad')).toEqual([])
  })

  it('is followed by a warning where an action brings back records and no report', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    expect(
      await from([{ n: 3 }, { n: 4 }])
        .map(check)
        .collect({ engine: inline, onError: 'skip' }),
    ).toEqual([{ n: 3 }])
    await new Promise(resolve => setImmediate(resolve))
    process.off('warning', note)
    expect(warnings.map(warning => warning.message)).toEqual([
      expect.stringMatching(/^a bad record was skipped: their dead letters are in file:.*\/dead-letters\/$/),
    ])
  })
})

describe('a dead letter', () => {
  it('says what failed, why and where, and holds the record', async () => {
    await place.write('one.jsonl', '{"n":1}\n\n{"n":\n{"n":13}\n')
    const rows = read.jsonl('one.jsonl', { schema: SCHEMA }).map(check)
    await rows.write.jsonl('single').run({ engine: inline, onError: { deadLetters: 'single-bad' } })
    const [line, thrown] = await letters('single-bad')
    expect(line).toEqual({
      stage: 0,
      task: 0,
      operator: 'Scan jsonl',
      code: 'BAD_RECORD',
      error: expect.stringContaining('one.jsonl has a line that is not JSON'),
      at: `${place.path('one.jsonl')}:3`,
      record: '{"n":',
      whole: true,
    })
    expect(thrown).toEqual({
      stage: 0,
      task: 0,
      operator: 'Map check',
      code: 'USER_FUNCTION',
      error: 'Map check threw on record { n: 13 }: nine 13',
      at: expect.stringMatching(/skipping\.ts:\d+$/),
      record: '{"n":13}',
      whole: true,
    })
  })

  it('without a directory of its own stays with the job’s records', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const done = await range(10)
      .map(n => check({ n }))
      .write.jsonl('own')
      .run({ engine, onError: 'skip' })
    expect(done.deadLetters!.uri).toBe(`${engine.store.uri}jobs/${done.job}/dead-letters/`)
    const told = read.jsonl<DeadLetter>(done.deadLetters!.uri).map(letter => letter.record)
    expect(await told.collect({ engine })).toEqual(['4'])
  })
})

describe('the tolerated share', () => {
  const hundred = () => from(numbers(100).map(n => ({ n })))
  const failing = (bad: number) => hundred().map(({ n }) => (n < bad ? (JSON.parse('{') as number) : n))

  it('may be reached', async () => {
    const onError = { tolerate: 0.29, deadLetters: 'reached-bad' }
    const report = await failing(29).write.text('reached').run({ engine: inline, onError })
    expect([report.skippedRecords, report.outputs[0]!.rows]).toEqual([29, 71])
  })

  it('may not be passed: the job fails with the counts and the first of each kind, and nothing is published', async () => {
    const onError = { tolerate: 0.29, deadLetters: 'passed-bad' }
    const error = await errorOf(failing(30).write.text('passed').run({ engine: inline, onError }))
    expect(error.code).toBe('TOO_MANY_BAD_RECORDS')
    expect(error.message).toContain('skipped 30 of 100 records, 30 %, and onError tolerates 29 %')
    expect(error.message).toMatch(
      /the first of each kind:\n {2}Map .* threw on record \{ n: 0 \}: .*JSON.*on-error\.test\.ts/,
    )
    expect(await place.names('passed')).toEqual([])
    expect(await place.names('passed-bad')).toEqual([])
  })

  it('counts lines that could not be read among those that were', async () => {
    await place.write('half.jsonl', '1\n{\n2\n{\n')
    const half = (tolerate: number) =>
      read.jsonl<number>('half.jsonl').collect({ engine: inline, onError: { tolerate } })
    expect(await half(0.5)).toEqual([1, 2])
    expect((await errorOf(half(0.49))).message).toContain('skipped 2 of 4 records')
  })

  it('is that of each stage, and ends the job before the next one', async () => {
    const started: number[] = []
    const rows = failing(30)
      .groupBy('value' as never)
      .aggregate({ n: count() })
    const job = rows.collect({
      engine: inline,
      onError: { tolerate: 0.1 },
      onEvent: event => event.type === 'stageStarted' && started.push(event.stage),
    })
    expect((await errorOf(job)).place.stage).toBe(0)
    expect(started).toEqual([0])
  })
})

describe('limits', () => {
  it('and take(n) give n good records where there are so many', async () => {
    const rows = range(1000, { splitRows: 50 }).map(n => check({ n }))
    const model = numbers(1000).filter(n => n % 9 !== 4)
    const values = (all: readonly Row[]) => all.map(({ n }) => n)
    expect(values(await rows.take(120, { engine: inline, onError: 'skip' }))).toEqual(model.slice(0, 120))
    expect(values(await rows.limit(120).collect({ engine: inline, onError: 'skip' }))).toEqual(
      model.slice(0, 120),
    )
  })
})

describe('a source that is read more than once', () => {
  it('to be sampled, tells of its bad lines once', async () => {
    await place.write(
      'sampled.jsonl',
      numbers(2000)
        .map(i => lineOf(1999 - i))
        .join('\n'),
    )
    const sorted = read
      .jsonl('sampled.jsonl', { schema: SCHEMA, splitBytes: 4000 })
      .sortBy('n')
      .with({ partitions: 3 })
    const report = await sorted.write
      .jsonl('sampled')
      .run({ engine: inline, onError: { deadLetters: 'sampled-bad' } })
    const bad = numbers(2000)
      .map(lineOf)
      .filter(line => !isGood(line))
    expect(report.skippedRecords).toBe(bad.length)
    expect((await letters('sampled-bad')).map(letter => letter.record).toSorted()).toEqual(bad.toSorted())
    expect(await place.output('sampled')).toBe(
      numbers(2000)
        .map(lineOf)
        .filter(isGood)
        .map(line => `${line}\n`)
        .join(''),
    )
  })

  it('by two stages, tells of them once a stage', async () => {
    await place.write('shared.jsonl', '1\n{\n2\n')
    const numbers = read.jsonl<number>('shared.jsonl')
    const report = await run([numbers.write.text('shared-a'), numbers.write.jsonl('shared-b')], {
      engine: inline,
      onError: { deadLetters: 'shared-bad' },
    })
    expect(report.stages.map(stage => stage.skippedRecords)).toEqual([1, 1])
    expect((await letters('shared-bad')).map(({ stage, record }) => [stage, record])).toEqual([
      [0, '{'],
      [1, '{'],
    ])
  })
})

describe('the directory of dead letters', () => {
  const job = (bad: number, onError: OnError, name: string) =>
    from(numbers(5))
      .map(n => (n < bad ? (JSON.parse(`{${n}`) as number) : n))
      .write.text(name)
      .run({ engine: inline, onError })

  it('must be empty, unless its mode says what to do: append adds, overwrite replaces, also by none', async () => {
    await job(2, { deadLetters: 'modes' }, 'modes-1')
    const error = await errorOf(job(1, { deadLetters: 'modes' }, 'modes-2'))
    expect(error.code).toBe('OUTPUT_NOT_EMPTY')
    expect(await place.names('modes-2')).toEqual([])
    const records = async () => (await letters('modes')).map(letter => letter.record)
    await job(1, { deadLetters: 'modes', mode: 'append' }, 'modes-3')
    expect(await records()).toEqual(['0', '1', '0'])
    await job(0, { deadLetters: 'modes', mode: 'append' }, 'modes-4')
    expect(await records()).toEqual(['0', '1', '0'])
    await job(1, { deadLetters: 'modes', mode: 'overwrite' }, 'modes-5')
    expect(await records()).toEqual(['0'])
    await job(0, { deadLetters: 'modes', mode: 'overwrite' }, 'modes-6')
    expect(await records()).toEqual([])
  })

  it('and every option is checked before anything runs', async () => {
    const wrong = async (onError: unknown) =>
      (await errorOf(range(1).collect({ engine: inline, onError: onError as OnError }))).message
    expect(await wrong('ignore')).toBe('run: onError must be one of fail, skip, not "ignore"')
    expect(await wrong(null)).toBe('run: onError must be one of fail, skip, not null')
    expect(await wrong({ tolerate: 2 })).toBe('run: onError.tolerate must be a number from 0 to 1, not 2')
    expect(await wrong({ tolerate: '1%' })).toBe(
      'run: onError.tolerate must be a number from 0 to 1, not "1%"',
    )
    expect(await wrong({ deadLetters: '' })).toBe(
      'run: onError.deadLetters must be a text that is not empty, not ""',
    )
    expect(await wrong({ mode: 'append' })).toContain('onError.mode is of a directory')
    expect(await wrong({ deadLetters: 'x', mode: 'add' })).toContain(
      'onError.mode must be one of fail, overwrite, append',
    )
    expect(await wrong({ skip: true })).toBe('run: onError: there is no option skip')
  })
})

describe('what is not a record’s fault', () => {
  it('fails the job as ever: a file that changed, an aggregation, a sink, types that do not go together', async () => {
    const options = { engine: inline, onError: 'skip' } as const
    const combine = range(3).reduce({ identity: 0, combine: () => JSON.parse('{') as number }, options)
    expect((await errorOf(combine)).code).toBe('USER_FUNCTION')
    const nested = from([{ a: [1] }])
      .write.csv('nested')
      .run(options)
    expect((await errorOf(nested)).code).toBe('TYPE_MISMATCH')
    const mixed = from([1, 2])
      .map(n => ({ v: n === 2 ? 'two' : n }))
      .collect(options)
    expect((await errorOf(mixed)).code).toBe('TYPE_MISMATCH')
    await place.write('broken.jsonl.gz', 'this is no gzip')
    expect((await errorOf(read.jsonl('broken.jsonl.gz').collect(options))).message).toContain(
      'cannot be decompressed',
    )
  })

  it('fails the job by default: the first bad record, with its place', async () => {
    const report = range(10)
      .map(n => check({ n }))
      .collect({ engine: inline, onError: 'fail', retries: 0 })
    expect((await errorOf(report)).message).toContain('nine 4')
  })
})
