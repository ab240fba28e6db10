import { readFile } from 'node:fs/promises'
import { type Dataset, from, range, read } from 'dunlin'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyOf, datasetOf, type How, joinRows, type Row, rowText, rowTexts } from './table-model.ts'
import { type Workplace, workplace } from './workplace.ts'

/** Longer: MODEL_RUNS=10000 npx vitest run test/engine/joins */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 120)

const LEFT = ['a', 'b', 'c', 'l', 'v']
const RIGHT = ['a', 'b', 'd', 'v', 'r']
const HOWS: readonly How[] = ['inner', 'left', 'right', 'full', 'semi', 'anti', 'cross']

/** Few keys, so that they meet; `l` and `r` tell rows apart. */
function table(columns: readonly ['a', 'b', string], id: 'l' | 'r'): fc.Arbitrary<Row[]> {
  const row = fc.record({
    a: anyOf('text'),
    b: anyOf('number'),
    [columns[2]]: anyOf('bigint'),
    v: anyOf('bytes'),
  })
  return fc.array(row, { maxLength: 25 }).map(all => all.map((r, i) => ({ ...r, [id]: i })))
}
const inOrder = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map(name => [name, row[name] ?? null]))

interface Case {
  readonly left: readonly Row[]
  readonly right: readonly Row[]
  readonly how: How
  readonly on: readonly { readonly left: string; readonly right: string }[]
  readonly strategy: 'auto' | 'broadcast' | 'exchange'
  readonly divideSkew: 'auto' | boolean
  readonly tasks: readonly [left: number, right: number]
  readonly partitions: number
}
const cases = fc
  .record<Case>({
    left: table(['a', 'b', 'c'], 'l'),
    right: table(['a', 'b', 'd'], 'r'),
    how: fc.constantFrom(...HOWS),
    on: fc.constantFrom(
      ...['a', 'b', 'v'].map(name => [{ left: name, right: name }]),
      [
        { left: 'a', right: 'a' },
        { left: 'b', right: 'b' },
      ],
      [{ left: 'c', right: 'd' }],
      // A number and its place in the other table: int64 beside float64 would be the same.
      [{ left: 'b', right: 'r' }],
    ),
    strategy: fc.constantFrom('auto', 'broadcast', 'exchange'),
    divideSkew: fc.constantFrom<('auto' | boolean)[]>('auto', true, false),
    tasks: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    partitions: fc.integer({ min: 1, max: 5 }),
  })
  .filter(({ left, right, how, strategy, divideSkew }) => {
    // Of rows that it does not have, nobody knows the columns, and so which of the right's names clash with them.
    if (left.length === 0 && right.length > 0 && (how === 'right' || how === 'full')) return false
    if (how === 'full') return strategy !== 'broadcast' && divideSkew !== true
    return how !== 'cross' || (strategy !== 'exchange' && divideSkew !== true)
  })

type Join = (other: Dataset<Row>, options: unknown) => Dataset<Row>
/** Columns that are null in all rows of a table would not be there: a row that has them all is taken away again. */
const typed = (rows: readonly Row[], like: Row, id: 'l' | 'r', tasks: number): Dataset<Row> =>
  id === 'l'
    ? datasetOf([...rows, like], tasks).filter(row => row['l'] !== -1)
    : datasetOf([...rows, like], tasks).filter(row => row['r'] !== -1)
const LIKE = { a: 'x', b: 7, v: new Uint8Array([7]) }

function onEngine(one: Case): Dataset<Row> {
  const { how, on, strategy, divideSkew, tasks, partitions } = one
  const left = typed(
    one.left.map(row => inOrder(row, LEFT)),
    inOrder({ ...LIKE, c: 7n, l: -1 }, LEFT),
    'l',
    tasks[0],
  )
  const right = typed(
    one.right.map(row => inOrder(row, RIGHT)),
    inOrder({ ...LIKE, d: 7n, r: -1 }, RIGHT),
    'r',
    tasks[1],
  )
  return (left.join as unknown as Join)
    .call(left, right, {
      how,
      strategy,
      divideSkew,
      ...(how === 'cross' ? {} : { on: Object.fromEntries(on.map(key => [key.left, key.right])) }),
      ...(how === 'semi' || how === 'anti' ? {} : { suffix: '_r' }),
    })
    .with({ partitions })
}

function onArrays({ left, right, how, on }: Case): Row[] {
  const rows = joinRows(left, right, {
    how,
    on: how === 'cross' ? [] : on,
    suffix: '_r',
    leftColumns: LEFT,
    rightColumns: RIGHT,
  })
  return how === 'semi' || how === 'anti' ? rows.map(row => inOrder(row, LEFT)) : rows
}

/** A dataset without rows has no columns that anybody could know of: they are added. */
function whole(row: Row, { left, right, how, on }: Case): Row {
  if (left.length > 0 && right.length > 0) return row
  const keys = how === 'cross' ? [] : on.map(key => key.right)
  const others = RIGHT.filter(name => !keys.includes(name)).map(name =>
    LEFT.includes(name) ? `${name}_r` : name,
  )
  return inOrder(row, how === 'semi' || how === 'anti' ? LEFT : [...LEFT, ...others])
}

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

describe('joins of random tables', () => {
  it('have the rows and columns of the array model, by every way that there is', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(cases, async one => {
        const joined = await onEngine(one).collect({ engine })
        expect(rowTexts(joined.map(row => whole(row, one)))).toEqual(rowTexts(onArrays(one)))
        seen.add(one.how)
      }),
      { numRuns: RUNS },
    )
    expect([...seen].sort()).toEqual([...HOWS].sort())
    process.stdout.write(` random joins equal to the array model: ${RUNS}\n`)
  }, 600_000)

  it('of one partition come in the order of one side, each row with its matches in the order of the other', async () => {
    const engine = place.engine({ isolation: 'inline' })
    await fc.assert(
      fc.asyncProperty(cases, async random => {
        const one: Case = { ...random, how: 'inner', partitions: 1, tasks: [1, 1] }
        const joined = (await onEngine(one).collect({ engine })).map(row => rowText(whole(row, one)))
        const byLeft = onArrays(one)
        // A key stands once, under the left's name.
        const r = one.on.find(key => key.right === 'r')?.left ?? 'r'
        const byRight = byLeft.toSorted(
          (x, y) => Number(x[r]) - Number(y[r]) || Number(x['l']) - Number(y['l']),
        )
        expect([byLeft.map(rowText), byRight.map(rowText)]).toContainEqual(joined)
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    )
  }, 600_000)
})

describe('join', () => {
  const left = from([
    { k: 'a', n: 1 },
    { k: null, n: 2 },
    { k: 'b', n: 3 },
  ])
  const right = from([
    { k: 'b', n: 10 },
    { k: null, n: 20 },
    { k: 'c', n: 30 },
  ])
  const one = { partitions: 1 }

  it('gives the key from the side that has it, and nulls for the other side', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const rows = async (how: 'inner' | 'left' | 'right' | 'full') =>
      rowTexts(await left.join(right, { on: 'k', how, suffix: '_r' }).with(one).collect({ engine }))
    const row = (k: string | null, n: number | null, n_r: number | null) => rowText({ k, n, n_r })
    const [a, none, b] = [row('a', 1, null), row(null, 2, null), row('b', 3, 10)]
    const [c, noneRight] = [row('c', null, 30), row(null, null, 20)]
    expect(await rows('inner')).toEqual([b])
    expect(await rows('left')).toEqual([a, none, b].sort())
    expect(await rows('right')).toEqual([b, c, noneRight].sort())
    expect(await rows('full')).toEqual([a, none, b, c, noneRight].sort())
  })

  it('takes NaN for NaN and −0 for 0, and counts for the numbers that they are', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const numbers = from([Number.NaN, -0, 1, 2.5]).map(value => ({ value, at: 'left' }))
    const others = from([0, Number.NaN, 1]).map(value => ({ value, at: 'right' }))
    const joined = await numbers.join(others, { on: 'value', how: 'semi' }).collect({ engine })
    expect(joined.map(({ value }) => value)).toEqual([Number.NaN, -0, 1])
    const counts = from(['a', 'b', 'b']).valueCounts()
    const counted = await numbers.join(counts, { on: { value: 'count' }, suffix: '_2' }).collect({ engine })
    expect(counted).toEqual([{ value: 1, at: 'left', value_2: 'a' }])
  })

  it('joins scalars, pairs and fixed-length records by their columns', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const pairs = from([
      ['b', 1],
      ['c', 2],
    ] as [string, number][])
    expect(
      await from(['a', 'b'])
        .join(pairs, { on: { value: 'key' }, suffix: '_2' })
        .collect({ engine }),
    ).toEqual([{ value: 'b', value_2: 1 }])
    expect(await pairs.join(from(['c']), { on: { key: 'value' }, how: 'semi' }).collect({ engine })).toEqual([
      ['c', 2],
    ])
    await place.write('records.bin', Buffer.from('b1a2b3'))
    const records = read.records(place.path('records.bin'), { length: 2, key: [0, 1] })
    const keys = from([{ key: new Uint8Array([98]), n: 5 }])
    const joined = await records.join(keys, { on: 'key' }).collect({ engine })
    expect(joined.map(({ value, n }) => [String.fromCharCode(...value), n])).toEqual([
      ['b1', 5],
      ['b3', 5],
    ])
  })

  it('with a dataset without rows has what `how` keeps of the other', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const none = right.filter(() => false)
    const counts = async (how: How) => {
      const join = left.join as unknown as (other: unknown, options: unknown) => Dataset<Row>
      const options = how === 'cross' ? { how } : { how, on: 'k' }
      const suffix = how === 'semi' || how === 'anti' ? {} : { suffix: '_r' }
      return join.call(left, none, { ...options, ...suffix }).count({ engine })
    }
    expect(await Promise.all(HOWS.map(counts))).toEqual([0, 3, 0, 3, 0, 3, 0])
  })

  it('has all its columns in every part, also where one has no rows of a side', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const numbers = range(40, { splitRows: 10 }).map(n => ({ n }))
    const few = from([{ n: 3, name: 'three' }])
    for (const how of ['left', 'full'] as const) {
      const joined = numbers.join(few, { on: 'n', how, strategy: 'exchange' }).with({ partitions: 4 })
      await joined.write.jsonl(`${how}-jsonl/`).run({ engine })
      const lines = (await place.output(`${how}-jsonl`)).trimEnd().split('\n')
      expect(new Set(lines.map(line => Object.keys(JSON.parse(line) as object).join()))).toEqual(
        new Set(['n,name']),
      )
      await joined.write.csv(`${how}-csv/`).run({ engine })
      const parts = (await place.names(`${how}-csv`)).filter(name => name.startsWith('part'))
      const texts = await Promise.all(parts.map(part => readFile(place.path(`${how}-csv`, part), 'utf8')))
      expect(new Set(texts.map(text => text.split('\n')[0]))).toEqual(new Set(['n,name']))
    }
  })

  it('with itself reads it once where it was computed, and is right', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const computed = range(500, { splitRows: 100 }).map(n => ({ n, k: n % 10 }))
    const pairs = computed
      .join(computed, { on: 'k', suffix: '_2', strategy: 'exchange' })
      .with({ partitions: 3 })
    expect(await pairs.count({ engine })).toBe(500 * 50)
  })

  it('cross gives every pair, and is refused where both sides are large', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const product = await range(3)
      .join(from(['a', 'b']), { how: 'cross', suffix: '_2' })
      .collect({ engine })
    const texts = product.map(({ value, value_2 }) => `${value}${value_2}`)
    expect(texts.sort()).toEqual(['0a', '0b', '1a', '1b', '2a', '2b'])
    await place.write('large.txt', 'x'.repeat(999).concat('\n').repeat(200))
    const large = read.text(place.path('large.txt'))
    const both = large.join(large, { how: 'cross', suffix: '_2', broadcastBytes: 100_000 })
    await expect(both.count({ engine })).rejects.toMatchObject({ code: 'INVALID_PLAN' })
    expect(await large.join(large, { how: 'cross', suffix: '_2' }).count({ engine })).toBe(40_000)
  })
})
