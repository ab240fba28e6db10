/** Exchanges of two levels give the bytes that direct ones give. */
import { count, range, sum } from 'dunlin'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LogicalOutput } from '../../planner/index.ts'
import type { Dataset } from '../../src/dataset/dataset.ts'
import { type CountedEngine, countedEngine } from './counted-engine.ts'

let engine: CountedEngine
beforeAll(() => {
  engine = countedEngine()
})
afterAll(() => engine.close())

interface Row {
  readonly k: number
  readonly n: number
  readonly s: string
}

type Verb =
  | 'count'
  | 'sort'
  | 'join'
  | 'distinct'
  | 'even'
  | 'twice'
  | 'random'
  | 'mixed'
  | 'skew'
  | 'repartition'
const VERBS: readonly Verb[] = [
  ...(['count', 'sort', 'join', 'distinct', 'even'] as const),
  ...(['twice', 'random', 'mixed', 'skew', 'repartition'] as const),
]

function applied(rows: Dataset<Row>, verb: Verb): Dataset<Row> {
  switch (verb) {
    case 'count':
      return rows
        .groupBy('k')
        .aggregate({ n: sum('n'), c: count() })
        .map(g => ({ k: g.k, n: g.n, s: `${g.c}` }))
    case 'sort':
      return rows.sortBy(['n', 's'])
    case 'join':
      return rows
        .join(rows.groupBy('k').aggregate({ c: count() }), { on: 'k', strategy: 'exchange' })
        .map(r => ({ k: r.k, n: r.n, s: r.s }))
    case 'distinct':
      return rows.distinct()
    case 'even':
      return rows.filter(r => r.n % 2 === 0)
    case 'twice':
      return rows.union(rows)
    case 'random':
      // Depends on the number of its stage.
      return rows.map((r, task) => ({ ...r, n: Math.floor(task.random() * 1_000) }))
    case 'mixed':
      // Batches of other column types, which meet at the exchange.
      return rows.map(r => ({ ...r, n: r.k % 2 === 0 ? r.n : r.n + 0.5 }))
    case 'skew':
      return rows.map(r => ({ ...r, k: r.n % 5 === 0 ? r.k : 1 }))
    case 'repartition':
      return rows.repartition(3)
  }
}

const written = ({ node }: Pick<Dataset<unknown>, 'node'>): LogicalOutput => ({
  kind: 'write',
  input: node,
  uri: 'memory://out/both/',
  format: 'jsonl',
  mode: 'overwrite',
})

/** Names and bytes of all parts. */
async function parts(): Promise<string[]> {
  const store = engine.stores.open('memory://out/both/')
  const found: string[] = []
  for await (const { key } of store.list('part-')) found.push(`${key}:${Buffer.from(await store.get(key))}`)
  return found
}

const rows = (count: number, tasks: number): Dataset<Row> =>
  range(count, { splitRows: Math.max(1, Math.ceil(count / tasks)) }).map(n => ({
    k: n % 7,
    n: (n * 7919) % 1_000,
    s: 'x'.repeat(n % 40),
  }))

const RUNS = Number(process.env['TWO_LEVEL_RUNS'] ?? 40)

test('random pipelines give equal parts, byte for byte, whatever the memory', async () => {
  let merges = 0
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.constantFrom(...VERBS), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(1, 64),
      async (count, tasks, partitions, verbs, memoryMb) => {
        const all = verbs.reduce(applied, rows(count, tasks)).with({ partitions, memoryMb })
        await engine.measure([written(all)], { exchange: 'direct' })
        const expected = await parts()
        const { planned, report, asked } = await engine.measure([written(all)], { exchange: 'two-level' })
        expect(await parts()).toEqual(expected)
        expect(report.requests).toEqual(asked)
        merges += planned.plan.stages.filter(({ title }) => title === 'Merge slices').length
      },
    ),
    { numRuns: RUNS },
  )
  expect(merges).toBeGreaterThan(RUNS / 2)
}, 300_000)

test('what is larger than the memory of a task that merges is merged in windows, and partition by partition', async () => {
  // Some 3 MB through tasks of 1 MB, which hold 128 kB at once; one partition has most of it.
  const wide = range(6_000, { splitRows: 600 })
    .map(n => ({ k: n % 10 === 0 ? n : 1, s: `${n}`.repeat(120) }))
    .repartition(16, 'k')
  await engine.measure([written(wide.with({ memoryMb: 1 }))], { exchange: 'direct' })
  const expected = await parts()
  const getsOfMerge = async (memoryMb: number): Promise<number> => {
    const output = written(wide.with({ memoryMb }))
    const { report } = await engine.measure([output], { exchange: 'two-level' })
    expect(await parts()).toEqual(expected)
    return report.stages.find(({ title }) => title === 'Merge slices')!.gets
  }
  // Of ten producers in four groups, by four groups of partitions: one range each, and an index of two requests a task.
  expect(await getsOfMerge(64)).toBeLessThanOrEqual(4 * 10 + 12 * 2 + 12)
  expect(await getsOfMerge(1)).toBeGreaterThan(1.2 * (await getsOfMerge(64)))
}, 60_000)
