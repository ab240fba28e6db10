import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  aggregateNode,
  explainText,
  filterNode,
  limitNode,
  mapNode,
  plan,
  scanNode,
  unionNode,
  withNode,
} from '../../../planner/index.ts'
import { Job, MIB, result, write } from '../job.ts'
import { randomJob } from '../random-job.ts'

const sum = { as: 'total', spec: { op: 'sum', column: 'amount' } } as const

test('says for each stage what it reads, does and gives, and estimates', () => {
  const job = new Job()
  const rich = filterNode(job.jsonl('orders', 80), job.fn('isRich', { reads: ['amount'], at: 'job.ts:3:11' }))
  const totals = aggregateNode(rich, [{ kind: 'column', column: 'region', as: 'region' }], [sum], 'object')
  const planned = plan({ outputs: [write(withNode(totals, { memoryMb: 1024 }), 'csv')] }, job.facts)
  expect(explainText(planned, job.facts)).toMatchInlineSnapshot(`
    "2 stages · 2 waves · 83 tasks · engine test · plan c50227c23070

    stage 0 · 80 tasks of 1024 MB
      read    jsonl orders/*.jsonl · 80 files, 83.9 MB · 80 splits
      do      Filter isRich (job.ts:3:11)
              PartialAggregate by region: sum(amount) as total
      give    hash of region into 3 partitions → stage 1
      note    equal keys meet in one task
      note    reads no columns but amount, region
      about   83.9 MB read · 80 GETs, 161 PUTs · 0.2 s · $0.0009

    stage 1 · 3 tasks of 1024 MB
      read    stage 0, 3 partitions
      do      FinalAggregate by region: sum(amount) as total
      give    csv out/csv/ · 3 parts
      about   8.39 MB read · 243 GETs, 7 PUTs · under 0.1 s · $0.0001

    waves     0 → 1
    total     about 92.3 MB read · 323 GETs, 168 PUTs · 0.3 s · $0.0010
    Estimates, not measurements: 100 MB/s a task, 4 tasks at once; an aggregation
    is taken to keep 10 % of its bytes, everything else all of them.
    "
  `)
})

test('says of several inputs which operators belong to which, and why a stage was cut', () => {
  const job = new Job()
  const shared = mapNode(job.text('logs', 3), job.fn('parse', { at: 'job.ts:9:2' }))
  const union = unionNode([shared, job.files([{ sizeBytes: 3 * MIB }])])
  const planned = plan({ outputs: [result(limitNode(union, 10)), write(shared)] }, job.facts)
  expect(explainText(planned, job.facts)).toMatchInlineSnapshot(`
    "3 stages · 2 waves · 12 tasks · engine test · plan c6a965a250ce

    stage 0 · 3 tasks of 256 MB
      read    text logs/*.txt · 3 files, 3.15 MB · 3 splits
      do      Map parse (job.ts:9:2)
      give    each task its own partition → stages 1, 2
      note    made once for 2 readers
      about   3.15 MB read · 3 GETs, 7 PUTs · under 0.1 s · under $0.0001

    stage 1 · 6 tasks of 256 MB · until 10 rows are there
      input 0 stage 0, 3 partitions
      input 1 text in/ · 1 file, 3.15 MB · 3 splits
      do      input 0
              input 1
              Union of these
              Limit 10
      give    the result
      about   6.29 MB read · 9 GETs, 12 PUTs · under 0.1 s · under $0.0001

    stage 2 · 3 tasks of 256 MB
      read    stage 0, 3 partitions
      do      nothing but pass on
      give    jsonl out/jsonl/ · 3 parts
      about   3.15 MB read · 6 GETs, 7 PUTs · under 0.1 s · under $0.0001

    waves     0 → 1 2
    total     about 12.6 MB read · 18 GETs, 26 PUTs · under 0.1 s · $0.0001
    Estimates, not measurements: 100 MB/s a task, 4 tasks at once; an aggregation
    is taken to keep 10 % of its bytes, everything else all of them.
    "
  `)
})

test('numbers have no files', () => {
  const job = new Job()
  const planned = plan(
    { outputs: [result(scanNode({ kind: 'range', start: 0, end: 10_000, step: 1 }))] },
    job.facts,
  )
  expect(explainText(planned, job.facts)).toContain('read    range(0, 10000, 1) · 3 splits\n')
})

test('no line is wider than 78 columns, whatever the names', () => {
  fc.assert(
    fc.property(randomJob, fc.string({ minLength: 80, maxLength: 300 }), ({ job, outputs }, name) => {
      const scan = scanNode({ kind: 'range', start: 0, end: 1, step: 1 })
      const long = write(
        mapNode(scan, job.fn(name, { at: `${name}.ts:1` })),
        'jsonl',
        `${name.replaceAll(/\W/g, 'x')}/`,
      )
      const { facts } = job
      const text = explainText(plan({ outputs: [...outputs, long] }, facts), facts)
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(78)
    }),
    { numRuns: 300 },
  )
})
