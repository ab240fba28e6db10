/** What `explain` says of requests, held against what the stores were asked. */
import { range, read } from 'dunlin'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogicalOutput } from '../../planner/index.ts'
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
    'the tasks of %s ask what explain has said, and the report tells it',
    async (name, pipeline) => {
      const run = await engine.measure([written(pipeline().with({ partitions }), name.replaceAll(' ', '-'))])
      liesWithin(run)
      expect(run.report.requests).toEqual(run.asked)
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
