/** What `explain` says of requests, held against what the stores were asked. */
import { range, read } from 'dunlin'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainText, type LogicalOutput } from '../../planner/index.ts'
import type { Dataset } from '../../src/dataset/dataset.ts'
import { type CountedEngine, type CountedRun, countedEngine } from './counted-engine.ts'

const KINDS = ['gets', 'puts', 'lists'] as const

let engine: CountedEngine
beforeAll(async () => {
  engine = countedEngine()
  const line = (n: number): string => `the whale ${n % 17} and ship ${n % 5} sails ${n % 3}\n`
  const text = (from: number): string => Array.from({ length: 300 }, (_, n) => line(from + n)).join('')
  for (const file of [0, 1, 2]) {
    await engine.stores.open('memory://data/').put(`text/${file}.txt`, Buffer.from(text(file)))
  }
  const rows = Array.from({ length: 200 }, (_, n) => `${JSON.stringify({ id: n % 40, n })}\n`)
  await engine.stores.open('memory://data/').put('rows.jsonl', Buffer.from(rows.join('')))
})
afterAll(() => engine.close())

const written = ({ node }: Pick<Dataset<unknown>, 'node'>, name: string): LogicalOutput => ({
  kind: 'write',
  input: node,
  uri: `memory://out/${name}/`,
  format: 'jsonl',
  mode: 'overwrite',
})

function liesWithin({ asked, estimate, report }: CountedRun): void {
  for (const kind of KINDS) {
    expect(asked[kind], kind).toBeGreaterThanOrEqual(estimate.total[kind].least)
    expect(asked[kind], kind).toBeLessThanOrEqual(estimate.total[kind].most)
  }
  for (const stage of report.stages) {
    const spans = estimate.stages.get(stage.id)!
    // The plan and the code are read by whichever task is the first of its worker.
    const slack = { gets: stage.id === 0 ? 2 : 0, puts: 0, lists: 0 }
    for (const kind of KINDS) {
      expect(stage[kind], `${kind} of stage ${stage.id}`).toBeGreaterThanOrEqual(spans[kind].least)
      expect(stage[kind], `${kind} of stage ${stage.id}`).toBeLessThanOrEqual(spans[kind].most + slack[kind])
    }
  }
}

const lines = () => read.text('memory://data/text/*.txt', { splitBytes: 2_000 })
const rows = () => read.jsonl<{ id: number; n: number }>('memory://data/rows.jsonl', { splitBytes: 700 })

describe.each([1, 2, 5, 16])('with %i partitions', partitions => {
  test.each([
    ['word count', () => lines().words().valueCounts()],
    [
      'word count by a function',
      () =>
        lines()
          .flatMap(l => l.split(' '))
          .valueCounts(),
    ],
    ['sort', () => rows().sortBy('n', 'desc')],
    [
      'join',
      () =>
        rows().join(
          rows().map(({ id }) => ({ id, twice: 2 * id })),
          { on: 'id' },
        ),
    ],
    ['limit', () => rows().sortBy('n').limit(7)],
    ['numbers', () => range(1_000, { splitRows: 90 }).valueCounts()],
  ] as readonly [string, () => Dataset<unknown>][])(
    'the tasks of %s ask what explain has said, and the report tells it, at once or in two levels',
    async (name, pipeline) => {
      const output = written(pipeline().with({ partitions }), name.replaceAll(' ', '-'))
      for (const exchange of ['direct', 'two-level'] as const) {
        const run = await engine.measure([output], { exchange })
        liesWithin(run)
        expect(run.report.requests).toEqual(run.asked)
      }
    },
  )
})

test('requests that the plan alone decides are said exactly', async () => {
  const { asked, estimate } = await engine.measure([written(lines(), 'copied')])
  expect(estimate.total.gets).toEqual({ least: asked.gets, most: asked.gets })
  expect(estimate.total.puts).toEqual({ least: asked.puts, most: asked.puts })
  expect(estimate.total.lists).toEqual({ least: asked.lists, most: asked.lists })
})

test('where every task has rows of every partition, the shuffle asks exactly the most that was said', async () => {
  const numbers = range(64 * 1_000, { splitRows: 1_000 })
  const { asked, estimate, planned } = await engine.measure([
    written(numbers.valueCounts().with({ partitions: 24 }), 'dense'),
  ])
  expect(planned.plan.stages.map(stage => stage.tasks)).toEqual([64, 24])
  expect(estimate.total.gets.most).toBe(asked.gets)
  expect(estimate.total.puts.most).toBe(asked.puts)
})

/** 500 × 500 takes half a minute: `LONG_TESTS=1 npx vitest run test/engine/request-counts`. */
const WIDE =
  process.env['LONG_TESTS'] === undefined
    ? { width: 100, groups: 10, fewer: 3, share: 'third' }
    : { width: 500, groups: 22, fewer: 9, share: 'ninth' }

describe('a wide shuffle', () => {
  const counts = (width = 500) =>
    range(width * 2_000, { splitRows: 2_000 })
      .valueCounts()
      .with({ partitions: width })
  const bytesOf = async (name: string): Promise<Buffer> => {
    const store = engine.stores.open(`memory://out/${name}/`)
    const parts: Uint8Array[] = []
    for await (const { key } of store.list('part-')) parts.push(await store.get(key))
    return Buffer.concat(parts)
  }

  const { width, groups, fewer, share } = WIDE
  test(`of ${width} to ${width} asks in two levels for a ${share} of the requests, exactly as explain has said, and gives the same bytes`, async () => {
    const direct = await engine.measure([written(counts(width), 'wide')], { exchange: 'direct' })
    const expected = await bytesOf('wide')
    const twoLevel = await engine.measure([written(counts(width), 'wide')], { exchange: 'two-level' })
    expect((await bytesOf('wide')).equals(expected)).toBe(true)
    for (const run of [direct, twoLevel]) liesWithin(run)
    // One in fifty of the small slices may have no row; of the merged ones none.
    expect(direct.asked.gets).toBeGreaterThan(0.97 * direct.estimate.total.gets.most)
    expect(direct.asked.puts).toBe(direct.estimate.total.puts.most)
    expect(twoLevel.asked.gets).toBe(twoLevel.estimate.total.gets.most)
    expect(twoLevel.asked.puts).toBe(twoLevel.estimate.total.puts.most)
    // Groups each way: each pair is a task that merges, and a reader has a slice of each.
    expect(twoLevel.planned.plan.stages.map(stage => stage.tasks)).toEqual([width, groups ** 2, width])
    expect(twoLevel.asked.gets).toBeLessThan(direct.asked.gets / fewer)
  }, 300_000)

  test('of 500 to 500 is made in two levels by itself at the prices and rates of AWS, and one of 60 to 60 is not', async () => {
    const { awsRates } = await import('../../lambda/aws/aws-rates.ts')
    const aws = countedEngine({ slots: 500, ...awsRates({ region: 'us-east-1', architecture: 'arm64' }) })
    const text = async (dataset: Pick<Dataset<unknown>, 'node'>): Promise<string> =>
      explainText(...(await aws.planned([written(dataset, 'chosen')])))
    expect(await text(counts())).toContain('two-level: 500 slices a partition become 22, of 500 partitions')
    const narrow = range(60_000, { splitRows: 1_000 }).valueCounts().with({ partitions: 60 })
    expect(await text(narrow)).not.toContain('two-level')
    await aws.close()
  })
})
