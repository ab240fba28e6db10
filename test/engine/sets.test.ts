import { type Dataset, type Engine, from, type Isolation, range, read } from 'dunlin'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyOf, datasetOf, distinctRows, type Row, rowText, rowTexts, setRows } from './table-model.ts'
import { type Workplace, workplace } from './workplace.ts'

/** Longer: MODEL_RUNS=10000 npx vitest run test/engine/sets */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 60)

const LIKE = { t: 'x', n: 7, b: true }
const table = fc
  .array(fc.record({ t: anyOf('text'), n: anyOf('number'), b: anyOf('boolean') }), { maxLength: 40 })
  .map((rows): Row[] => rows)
const COLUMNS = ['t', 'n', 'b'] as const

/** Its columns have types though all their values may be null. */
const typed = (rows: readonly Row[], tasks: number): Dataset<Row> =>
  datasetOf([...rows, LIKE], tasks).filter(row => row['t'] !== 'x')

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

describe('sets of random tables', () => {
  const shape = fc.record({
    left: table,
    right: table,
    tasks: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    partitions: fc.integer({ min: 1, max: 5 }),
  })

  it('intersect and except have the records of the array model, each once', async () => {
    const engine = place.engine({ isolation: 'inline' })
    await fc.assert(
      fc.asyncProperty(shape, fc.boolean(), async ({ left, right, tasks, partitions }, both) => {
        const kind = both ? 'intersect' : 'except'
        const result = typed(left, tasks[0])[kind](typed(right, tasks[1])).with({ partitions })
        expect(rowTexts(await result.collect({ engine }))).toEqual(rowTexts(setRows(kind, left, right)))
      }),
      { numRuns: RUNS },
    )
    process.stdout.write(` random intersections and differences equal to the array model: ${RUNS}\n`)
  }, 600_000)

  it('distinct by columns, by a function, or by all keeps the first record of each key', async () => {
    const engine = place.engine({ isolation: 'inline' })
    await fc.assert(
      fc.asyncProperty(shape, fc.subarray([...COLUMNS]), async ({ left, tasks, partitions }, columns) => {
        const rows = left.map((row, id): Row => (columns.length === 0 ? row : { ...row, id }))
        const dataset = datasetOf(rows, tasks[0]).with({ partitions })
        const byColumns = await dataset
          .distinct(...columns)
          .with({ partitions })
          .collect({ engine })
        expect(rowTexts(byColumns)).toEqual(rowTexts(distinctRows(rows, columns)))
        const byLength = dataset.distinct(row => String(row['t']).length).with({ partitions })
        const lengths = rows.map(row => ({ ...row, length: String(row['t']).length }))
        const model = distinctRows(lengths, ['length']).map(({ length: _, ...row }) => row)
        expect(rowTexts(await byLength.collect({ engine }))).toEqual(rowTexts(model))
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    )
  }, 600_000)

  it('of one partition come in order of first appearance', async () => {
    const engine = place.engine({ isolation: 'inline' })
    await fc.assert(
      fc.asyncProperty(shape, async ({ left, tasks }) => {
        const rows = left.map((row, id): Row => ({ ...row, id }))
        const distinct = datasetOf(rows, tasks[0]).distinct('t', 'n').with({ partitions: 1 })
        expect((await distinct.collect({ engine })).map(rowText)).toEqual(
          distinctRows(rows, ['t', 'n']).map(rowText),
        )
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    )
  }, 600_000)
})

describe('sets and groups larger than their budget', () => {
  const wide = (start: number, end: number) =>
    range(start, end, { splitRows: 700 }).map(n => ({
      n: (n * 7919) % 3_001,
      pad: `${(n * 7919) % 3_001} `.repeat(150),
    }))
  const variants: readonly [isolation: Isolation, workers: number, memoryMb: number][] = [
    ['inline', 1, 256],
    ['inline', 1, 1],
    ['thread', 5, 2],
  ]
  let engines: readonly Engine[]
  beforeAll(() => {
    engines = variants.map(([isolation, workers]) => place.engine({ isolation, workers }))
  })

  const verbs: Readonly<Record<string, () => Dataset<never>>> = {
    distinct: () => wide(0, 4_000).distinct() as unknown as Dataset<never>,
    'distinct by a column': () => wide(0, 4_000).distinct('n') as unknown as Dataset<never>,
    intersect: () => wide(0, 3_500).intersect(wide(1_000, 5_000)) as unknown as Dataset<never>,
    except: () => wide(0, 3_500).except(wide(2_000, 2_500)) as unknown as Dataset<never>,
    valueCounts: () =>
      wide(0, 4_000)
        .map(row => row.pad)
        .valueCounts() as unknown as Dataset<never>,
  }

  it.each(Object.keys(verbs))(
    '%s gives equal bytes, spilled or not, with any number of workers',
    async verb => {
      const texts: string[] = []
      const name = verb.replaceAll(' ', '-')
      for (const [i, [, , memoryMb]] of variants.entries()) {
        const engine = engines[i]!
        await verbs[verb]!().with({ partitions: 2, memoryMb }).write.jsonl(`${name}-${i}/`).run({ engine })
        texts.push(await place.output(`${name}-${i}`))
      }
      expect(texts.map(text => text === texts[0])).toEqual(variants.map(() => true))
      const expected = {
        distinct: 3_001,
        'distinct by a column': 3_001,
        intersect: 3_001,
        except: 2_501,
        valueCounts: 3_001,
      }
      expect(texts[0]!.trimEnd().split('\n').length).toBe(expected[verb as keyof typeof expected])
    },
    60_000,
  )
})

describe('set verbs', () => {
  it('take null for null, NaN for NaN and −0 for 0, and keep the shape of the records', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const some = from([null, Number.NaN, -0, 1, 1])
    const others = from([0, null, Number.NaN, 2])
    expect(rowTexts((await some.intersect(others).collect({ engine })).map(value => ({ value })))).toEqual(
      rowTexts([{ value: null }, { value: Number.NaN }, { value: 0 }]),
    )
    expect(await some.except(others).collect({ engine })).toEqual([1])
    const pairs = (...all: [string, number][]) => from(all)
    expect(
      await pairs(['a', 1], ['b', 2])
        .except(pairs(['a', 1]))
        .collect({ engine }),
    ).toEqual([['b', 2]])
    await place.write('left.bin', 'a1b2a1')
    await place.write('right.bin', 'b2c3')
    const records = (name: string) => read.records(place.path(name), { length: 2, key: [0, 1] })
    const common = await records('left.bin').intersect(records('right.bin')).collect({ engine })
    expect(common.map(({ value }) => Buffer.from(value).toString())).toEqual(['b2'])
  })

  it('with nothing give nothing, or everything once', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const some = from([2, 1, 2])
    const none = from<number>([])
    expect(await some.intersect(none).collect({ engine })).toEqual([])
    expect(await none.except(some).collect({ engine })).toEqual([])
    expect(await some.except(none).collect({ engine })).toEqual([2, 1])
    expect(await some.intersect(some).collect({ engine })).toEqual([2, 1])
    expect(await none.distinct('value').collect({ engine })).toEqual([])
  })

  it('refuse what they cannot take', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const loose = from([{ a: 1 }]) as unknown as Record<string, (...args: unknown[]) => Dataset<Row>>
    for (const call of [
      () => loose['intersect']!(),
      () => loose['except']!([1]),
      () => loose['union']!([{ a: 1 }]),
      () => loose['distinct']!(3),
      () => loose['distinct']!(''),
    ]) {
      expect(call, String(call)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error)
    }
    await expect(loose['distinct']!('b').count({ engine })).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN' })
    for (const [verb, other] of [
      ['intersect', from([1])],
      ['except', from([['a', 1]])],
      ['except', from([{ b: 1 }])],
    ] as const)
      await expect(loose[verb]!(other).count({ engine })).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
    await expect(loose['intersect']!(from([{ a: 'one' }])).count({ engine })).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
    })
  })
})
