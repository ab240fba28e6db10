import { count, type Dataset, from, max, mean, min, sum } from 'dunlin'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelKey, sorted } from './table-model.ts'
import { type Workplace, workplace } from './workplace.ts'

/** Random pipelines on the engine against the same steps on plain arrays. Longer: MODEL_RUNS=10000 npx vitest run test/engine/model */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 150)

type Row = {
  readonly k: string | null
  readonly n: number | null
  readonly b: bigint
}

type Step =
  | { readonly verb: 'filter'; readonly least: number }
  | { readonly verb: 'map'; readonly by: number; readonly wait: boolean }
  | { readonly verb: 'flatMap'; readonly times: number; readonly wait: boolean }
  | { readonly verb: 'distinct' }
  | { readonly verb: 'self-union' }
  | { readonly verb: 'group' }
  | { readonly verb: 'sort'; readonly keys: readonly ModelKey[] }
  /** By all columns, where rows that are equal in them cannot be told apart. */
  | { readonly verb: 'top'; readonly rows: number; readonly keys: readonly ModelKey[] }
  /** Sorted before, so that it is known which is the first of a key. */
  | { readonly verb: 'first of key' }
  | { readonly verb: 'join' }
  | { readonly verb: 'choose'; readonly how: 'semi' | 'anti' }
  | { readonly verb: 'set'; readonly kind: 'intersect' | 'except' }
  | { readonly verb: 'limit'; readonly rows: number }

const row = fc.record<Row>({
  k: fc.option(
    fc.constantFrom('a', 'b', 'ä', '€', '😀', '', '__proto__', 'long enough to leave the packed table'),
  ),
  n: fc.option(fc.constantFrom(0, -0, 1, 2.5, -3, Number.NaN, Number.POSITIVE_INFINITY, 1e300)),
  b: fc.constantFrom(0n, 1n, -5n, 2n ** 53n + 1n),
})
const keyBy = (by: string): fc.Arbitrary<ModelKey> =>
  fc.record({
    by: fc.constant(by),
    direction: fc.constantFrom('asc', 'desc'),
    nulls: fc.constantFrom('first', 'last'),
  })
const everyKey = fc.tuple(keyBy('k'), keyBy('n'), keyBy('b'))
const someKeys = fc.array(fc.constantFrom('k', 'n', 'b').chain(keyBy), { minLength: 1, maxLength: 2 })
const ALL_KEYS = ['k', 'n', 'b'].map((by): ModelKey => ({ by, direction: 'asc', nulls: 'last' }))
const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ verb: fc.constant('filter' as const), least: fc.constantFrom(0, 1) }),
  fc.record({ verb: fc.constant('map' as const), by: fc.constantFrom(1, 2), wait: fc.boolean() }),
  fc.record({ verb: fc.constant('flatMap' as const), times: fc.nat({ max: 3 }), wait: fc.boolean() }),
  fc.record({ verb: fc.constant('distinct' as const) }),
  fc.record({ verb: fc.constant('self-union' as const) }),
  fc.record({ verb: fc.constant('group' as const) }),
  fc.record({ verb: fc.constant('sort' as const), keys: someKeys }),
  fc.record({ verb: fc.constant('top' as const), rows: fc.nat({ max: 20 }), keys: everyKey }),
  fc.record({ verb: fc.constant('first of key' as const) }),
  fc.record({ verb: fc.constant('join' as const) }),
  fc.record({ verb: fc.constant('choose' as const), how: fc.constantFrom('semi' as const, 'anti' as const) }),
  fc.record({
    verb: fc.constant('set' as const),
    kind: fc.constantFrom('intersect' as const, 'except' as const),
  }),
)
/** Steps after which the order of the rows is known. */
const ordered = fc.oneof<fc.Arbitrary<Step>[]>(
  step.filter(s => ['filter', 'map', 'flatMap', 'self-union', 'sort', 'first of key'].includes(s.verb)),
  fc.record({ verb: fc.constant('top' as const), rows: fc.nat({ max: 20 }), keys: someKeys }),
  fc.record({ verb: fc.constant('limit' as const), rows: fc.nat({ max: 20 }) }),
)

const text = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'bigint' ? `${v}n` : typeof v === 'number' ? (Object.is(v, -0) ? '-0' : String(v)) : v,
  )
/** SameValueZero, and null = undefined. */
const keyOf = (value: unknown): string => text(value === 0 ? 0 : value)
const rowKey = (r: Row): string => `${keyOf(r.k)}|${keyOf(r.n)}|${keyOf(r.b)}`

/** NaN greatest. */
const above = (a: number, b: number): boolean => (Number.isNaN(a) ? !Number.isNaN(b) : a > b)

function grouped(rows: readonly Row[]): Row[] {
  const groups = new Map<string, Row[]>()
  for (const r of rows) groups.set(keyOf(r.k), [...(groups.get(keyOf(r.k)) ?? []), r])
  return [...groups.values()].map(group => {
    const ns = group.map(r => r.n).filter(n => n !== null)
    return {
      k: group[0]!.k,
      n: ns.length === 0 ? null : ns.reduce((a, b) => (above(b, a) ? b : a)),
      b: BigInt(group.length),
    }
  })
}

/** The first of each key. */
const firsts = (rows: readonly Row[], key: (row: Row) => string): Row[] => {
  const seen = new Set<string>()
  return rows.filter(r => !seen.has(key(r)) && seen.add(key(r)))
}
const isPositive = (r: Row): boolean => (r.n ?? 0) >= 1

function onArrays(rows: readonly Row[], steps: readonly Step[]): Row[] {
  let all: Row[] = rows.map(r => ({ ...r }))
  for (const s of steps) {
    if (s.verb === 'filter') all = all.filter(r => (r.n ?? 0) >= s.least)
    else if (s.verb === 'map') all = all.map(r => ({ ...r, n: r.n === null ? null : r.n * s.by }))
    else if (s.verb === 'flatMap')
      all = all.flatMap(r => Array.from({ length: s.times }, (_, i) => ({ ...r, b: r.b + BigInt(i) })))
    else if (s.verb === 'distinct') all = firsts(all, rowKey)
    else if (s.verb === 'sort') all = sorted(all, s.keys)
    else if (s.verb === 'top') all = sorted(all, s.keys).slice(0, s.rows)
    else if (s.verb === 'limit') all = all.slice(0, s.rows)
    else if (s.verb === 'first of key') all = firsts(sorted(all, ALL_KEYS), r => keyOf(r.k))
    else if (s.verb === 'join') {
      const sizes = new Map(grouped(all).map(g => [g.k, g.b]))
      all = all.flatMap(r => (r.k === null ? [] : [{ ...r, b: sizes.get(r.k)! }]))
    } else if (s.verb === 'choose') {
      const keys = new Set(all.filter(isPositive).flatMap(r => (r.k === null ? [] : [r.k])))
      all = all.filter(r => keys.has(r.k!) === (s.how === 'semi'))
    } else if (s.verb === 'set') {
      const keys = new Set(all.filter(isPositive).map(rowKey))
      all = firsts(all, rowKey).filter(r => keys.has(rowKey(r)) === (s.kind === 'intersect'))
    } else if (s.verb === 'self-union') all = [...all, ...all]
    else all = grouped(all)
  }
  return all
}

type SortKeys = Parameters<Dataset<Row>['sortBy']>[0]

function onEngine(rows: Dataset<Row>, steps: readonly Step[]): Dataset<Row> {
  let all = rows
  for (const s of steps) {
    if (s.verb === 'filter') {
      const { least } = s
      all = all.filter(r => (r.n ?? 0) >= least)
    } else if (s.verb === 'map') {
      const { by } = s
      all = s.wait
        ? all.map(async r => ({ ...r, n: r.n === null ? null : r.n * by }))
        : all.map(r => ({ ...r, n: r.n === null ? null : r.n * by }))
    } else if (s.verb === 'flatMap') {
      const { times, wait } = s
      all = all.flatMap((r, task) => {
        const made = Array.from({ length: times }, (_, i) => ({ ...r, b: r.b + BigInt(i) }))
        return wait && task.random() < 0.5 ? Promise.resolve(made) : made
      })
    } else if (s.verb === 'distinct') all = all.distinct()
    else if (s.verb === 'sort') all = all.sortBy(s.keys as unknown as SortKeys)
    else if (s.verb === 'top') all = all.top(s.rows, s.keys as unknown as SortKeys)
    else if (s.verb === 'limit') all = all.limit(s.rows)
    else if (s.verb === 'first of key') all = all.sortBy(['k', 'n', 'b']).distinct('k')
    else if (s.verb === 'join') {
      all = all
        .join(all.groupBy('k').aggregate({ size: count() }), { on: 'k' })
        .map((r): Row => ({ k: r.k, n: r.n, b: BigInt(r.size) }))
    } else if (s.verb === 'choose')
      all = all.join(
        all.filter(r => (r.n ?? 0) >= 1),
        { on: 'k', how: s.how },
      )
    else if (s.verb === 'set') all = all[s.kind](all.filter(r => (r.n ?? 0) >= 1))
    else if (s.verb === 'self-union') all = all.union(all)
    else {
      all = all
        .groupBy('k')
        .aggregate({ n: max('n'), size: count() })
        .map(g => ({ k: g.k, n: g.n, b: BigInt(g.size) }))
    }
  }
  return all
}

/** −0 may become 0 where it is a key; the order of groups is by partition. */
const comparable = (rows: readonly Row[]): string[] => rows.map(rowKey).sort()

describe('random pipelines', () => {
  let place: Workplace
  beforeAll(async () => {
    place = await workplace()
  })
  afterAll(() => place.close())

  it('give what the same steps on plain arrays give', async () => {
    const engine = place.engine()
    let runs = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 30 }),
        fc.array(step, { maxLength: 4 }),
        fc.nat({ max: 3 }),
        async (rows, steps, partitions) => {
          const all = onEngine(from(rows), steps).with({ partitions: partitions + 1, memoryMb: 1 })
          expect(comparable(await all.collect({ engine }))).toEqual(comparable(onArrays(rows, steps)))
          runs++
        },
      ),
      { numRuns: RUNS },
    )
    process.stdout.write(` random pipelines equal to the array model: ${runs}\n`)
  }, 600_000)

  it('keep the order of records where no step regroups them', async () => {
    const engine = place.engine()
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 30 }),
        fc.array(ordered, { maxLength: 4 }),
        async (rows, steps) => {
          expect((await onEngine(from(rows), steps).collect({ engine })).map(text)).toEqual(
            onArrays(rows, steps).map(text),
          )
        },
      ),
      { numRuns: Math.ceil(RUNS / 3) },
    )
  }, 600_000)
})

describe('aggregations', () => {
  let place: Workplace
  beforeAll(async () => {
    place = await workplace()
  })
  afterAll(() => place.close())

  it('skip nulls, order NaN last, and give null for nothing', async () => {
    const engine = place.engine()
    const rows = [
      { k: 'a', n: 1.5, s: 'z', d: new Date(5) },
      { k: 'a', n: null, s: 'ä', d: null },
      { k: 'a', n: Number.NaN, s: null, d: new Date(3) },
      { k: 'b', n: null, s: null, d: null },
    ]
    const result = await from(rows)
      .groupBy('k')
      .aggregate({
        rows: count(),
        ns: count('n'),
        sum: sum('n'),
        least: min('n'),
        most: max('n'),
        mean: mean('n'),
        s: max('s'),
        d: min('d'),
      })
      .collect({ engine })
    expect(result).toEqual([
      {
        k: 'a',
        rows: 3,
        ns: 2,
        sum: Number.NaN,
        least: 1.5,
        most: Number.NaN,
        mean: Number.NaN,
        s: 'ä',
        d: new Date(3),
      },
      { k: 'b', rows: 1, ns: 0, sum: null, least: null, most: null, mean: null, s: null, d: null },
    ])
  })

  it('of no rows give one row', async () => {
    const engine = place.engine()
    const none = from<{ n: number }>([])
    expect(await none.aggregate({ rows: count(), sum: sum('n') }).collect({ engine })).toEqual([
      { rows: 0, sum: null },
    ])
    expect(await none.count({ engine })).toBe(0)
    expect(await from<number>([]).reduce({ identity: 7, combine: (a, b) => a + b }, { engine })).toBe(7)
  })
})
