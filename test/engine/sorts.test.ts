import { readFile } from 'node:fs/promises'
import { type Dataset, DunlinError, from, type Isolation, range } from 'dunlin'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyOf, datasetOf, type ModelKey, type Row, rowText, sorted, VALUES } from './table-model.ts'
import { type Workplace, workplace } from './workplace.ts'

/** Longer: MODEL_RUNS=10000 npx vitest run test/engine/sorts */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 120)

type Sortable = Row & { readonly id: number }
const COLUMNS = Object.keys(VALUES) as (keyof typeof VALUES)[]
const rows = fc
  .array(
    fc.record({
      text: anyOf('text'),
      number: anyOf('number'),
      bigint: anyOf('bigint'),
      boolean: anyOf('boolean'),
      date: anyOf('date'),
      bytes: anyOf('bytes'),
    }),
    { maxLength: 60 },
  )
  .map(all => all.map((row, id): Sortable => ({ ...row, id })))
const keys = fc.array(
  fc.record<ModelKey>({
    by: fc.constantFrom(...COLUMNS),
    direction: fc.constantFrom('asc', 'desc'),
    nulls: fc.constantFrom('first', 'last'),
  }),
  { minLength: 1, maxLength: 3 },
)
type Keys = Parameters<Dataset<Sortable>['sortBy']>[0]

const ids = (all: readonly { readonly id: unknown }[]): unknown[] => all.map(({ id }) => id)

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

describe('sorts of random rows', () => {
  it('are those of an array, ties in source order, for any number of tasks and partitions', async () => {
    const engine = place.engine({ isolation: 'inline' })
    let runs = 0
    await fc.assert(
      fc.asyncProperty(
        rows,
        keys,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (all, by, tasks, partitions) => {
          const dataset = datasetOf(all, tasks)
            .sortBy(by as unknown as Keys)
            .with({ partitions })
          expect((await dataset.collect({ engine })).map(rowText)).toEqual(sorted(all, by).map(rowText))
          runs++
        },
      ),
      { numRuns: RUNS },
    )
    process.stdout.write(` random sorts equal to the array model: ${runs}\n`)
  }, 600_000)

  it('have their first rows as top', async () => {
    const engine = place.engine({ isolation: 'inline' })
    await fc.assert(
      fc.asyncProperty(
        rows,
        keys,
        fc.nat({ max: 70 }),
        fc.integer({ min: 1, max: 4 }),
        async (all, by, n, tasks) => {
          const top = datasetOf(all, tasks).top(n, by as unknown as Keys)
          expect((await top.collect({ engine })).map(rowText)).toEqual(
            sorted(all, by).slice(0, n).map(rowText),
          )
        },
      ),
      { numRuns: Math.ceil(RUNS / 3) },
    )
  }, 600_000)
})

/** Half of the rows share three keys, and every row carries a kilobyte. */
const ROWS = 4_000
const skewed = (): Dataset<{ id: number; k: string | null; pad: string }> =>
  range(ROWS, { splitRows: 700 }).map(id => ({
    id,
    k: id % 2 === 0 ? (['a', 'b', null][(id / 2) % 3] ?? null) : `key ${(id * 7919) % 1009}`,
    pad: String.fromCharCode(97 + (id % 26)).repeat(1000),
  }))

describe('a sort larger than its budget', () => {
  const variants: readonly [isolation: Isolation, workers: number, memoryMb: number][] = [
    ['inline', 1, 256],
    ['inline', 1, 1],
    ['thread', 2, 2],
    ['thread', 5, 1],
  ]

  it('gives equal bytes, spilled or not, with any number of workers', async () => {
    const written: string[][] = []
    for (const [i, [isolation, workers, memoryMb]] of variants.entries()) {
      const engine = place.engine({ isolation, workers })
      const name = `sorted-${i}`
      await skewed()
        .sortBy('k', 'desc')
        .with({ partitions: 3, memoryMb })
        .write.jsonl(`${name}/`)
        .run({ engine })
      await engine.close()
      const parts = (await place.names(name)).filter(part => part.endsWith('.jsonl'))
      written.push(await Promise.all(parts.map(part => readFile(place.path(name, part), 'utf8'))))
    }
    expect(written[0]!.length).toBe(3)
    // Not toEqual of megabytes: a difference would be printed for minutes.
    const equal = written.map(
      parts => parts.length === 3 && parts.every((part, p) => part === written[0]![p]),
    )
    expect(equal).toEqual(variants.map(() => true))
    const lines = written[0]!.join('').trimEnd().split('\n')
    const model = sorted(await skewed().collect({ engine: place.engine({ isolation: 'inline' }) }), [
      { by: 'k', direction: 'desc', nulls: 'last' },
    ])
    expect(ids(lines.map(line => JSON.parse(line) as { id: number }))).toEqual(ids(model))
  }, 60_000)

  it('gives no part twice the mean, though half of the rows share three keys, or all share one', async () => {
    const engine = place.engine({ isolation: 'inline' })
    for (const [i, key] of (['k', 'one'] as const).entries()) {
      const dataset = skewed().map(row => ({ ...row, one: 1 }))
      await dataset.sortBy(key).with({ partitions: 4 }).write.jsonl(`balanced-${i}/`).run({ engine })
      const parts = (await place.names(`balanced-${i}`)).filter(part => part.endsWith('.jsonl'))
      const sizes = await Promise.all(
        parts.map(
          async part => (await readFile(place.path(`balanced-${i}`, part), 'utf8')).split('\n').length - 1,
        ),
      )
      expect(sizes.length).toBe(4)
      expect(sizes.reduce((a, b) => a + b)).toBe(ROWS)
      expect(Math.max(...sizes)).toBeLessThan((2 * ROWS) / 4)
    }
  })
})

describe('sortBy', () => {
  it('takes functions, alone and among columns', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const words = from(['pear', 'fig', 'apple', 'kiwi', 'yam'])
    expect(await words.sortBy(word => word.length).collect({ engine })).toEqual([
      'fig',
      'yam',
      'pear',
      'kiwi',
      'apple',
    ])
    expect(
      await words.sortBy([{ by: word => word.length, direction: 'desc' }, 'value']).collect({ engine }),
    ).toEqual(['apple', 'kiwi', 'pear', 'fig', 'yam'])
    const pairs = from([
      ['b', 1],
      ['a', 2],
      ['b', 0],
    ] as [string, number][])
    expect(await pairs.sortBy(['key', ([, n]) => n]).collect({ engine })).toEqual([
      ['a', 2],
      ['b', 0],
      ['b', 1],
    ])
  })

  it('keeps its order through what keeps rows in order, and for take, rows and the parts of an output', async () => {
    const engine = place.engine()
    const sortedRows = range(10_000, { splitRows: 1_500 })
      .map(n => ({ n, mixed: (n * 7919) % 10_007 }))
      .sortBy('mixed')
      .with({ partitions: 4 })
    const model = Array.from({ length: 10_000 }, (_, n) => (n * 7919) % 10_007).sort((a, b) => a - b)
    const mapped = sortedRows.map(row => row.mixed).filter(n => n % 2 === 0)
    expect(await mapped.collect({ engine })).toEqual(model.filter(n => n % 2 === 0))
    expect(await sortedRows.select('mixed').take(2, { engine })).toEqual([
      { mixed: model[0] },
      { mixed: model[1] },
    ])
    const streamed: number[] = []
    for await (const row of sortedRows.rows({ engine })) streamed.push(row.mixed)
    expect(streamed).toEqual(model)
    await sortedRows
      .map(row => row.mixed)
      .write.text('in-order/')
      .run({ engine })
    expect(await place.output('in-order')).toBe(model.map(n => `${n}\n`).join(''))
  })

  it('of a sort is a sort whose ties keep the first order', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const twice = range(2_000, { splitRows: 300 })
      .map(n => ({ a: n % 7, b: (n * 31) % 11, n }))
      .sortBy('b')
      .with({ partitions: 3 })
      .sortBy('a', 'desc')
      .with({ partitions: 4 })
    const model = Array.from({ length: 2_000 }, (_, n) => ({ a: n % 7, b: (n * 31) % 11, n }))
      .sort((x, y) => x.b - y.b)
      .sort((x, y) => y.a - x.a)
    expect(await twice.collect({ engine })).toEqual(model)
  })

  it('says at once what it cannot take, and at the run which column or value it could not use', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const codeOf = (call: () => unknown): unknown => {
      try {
        return call()
      } catch (error) {
        return error instanceof DunlinError && error.code
      }
    }
    const any = from([{ a: 1 }]) as unknown as Record<string, (...args: unknown[]) => unknown>
    for (const call of [
      () => any['sortBy']!(),
      () => any['sortBy']!([]),
      () => any['sortBy']!(3),
      () => any['sortBy']!('a', 'up'),
      () => any['sortBy']!({ by: 'a', order: 'asc' }),
      () => any['sortBy']!({ by: 'a', nulls: 'lowest' }),
      () => any['top']!(-1, 'a'),
      () => any['top']!(3),
      () => any['limit']!(1.5),
      () => any['sample']!(1.5),
      () => any['sample']!(Number.NaN),
      () => any['sample']!(0.5, { sead: 1 }),
      () => any['repartition']!(0),
      () => any['repartition']!(2, 7),
    ]) {
      expect(codeOf(call), String(call)).toBe('INVALID_ARGUMENT')
    }
    const failing = (dataset: Pick<Dataset<never>, 'count'>) => expect(dataset.count({ engine })).rejects
    await failing(from([{ a: 1 }]).sortBy('b' as 'a')).toMatchObject({ code: 'UNKNOWN_COLUMN' })
    await failing(from([{ a: 1 }]).top(1, 'b' as 'a')).toMatchObject({ code: 'UNKNOWN_COLUMN' })
    await failing(from([1, 2]).sortBy(n => (n === 1 ? 'one' : 2))).toMatchObject({ code: 'TYPE_MISMATCH' })
    const promised = from([1, 2]).sortBy(((n: number) => Promise.resolve(n)) as unknown as () => number)
    await failing(promised).toMatchObject({ code: 'USER_FUNCTION' })
  })
})
