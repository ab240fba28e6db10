import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  aggregateNode,
  explainText,
  filterNode,
  joinNode,
  limitNode,
  mapNode,
  plan,
  repartitionNode,
  sampleNode,
  scanNode,
  sortNode,
  topNode,
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
      about   83.9 MB read · 240 GETs, 81 to 161 PUTs · 0.2 s to 0.4 s · $0.0005
              to $0.0009

    stage 1 · 3 tasks of 1024 MB
      read    stage 0, 3 partitions
      do      FinalAggregate by region: sum(amount) as total
      give    csv out/csv/ · 3 parts
      about   8.39 MB read · 9 to 269 GETs, 6 PUTs, 3 LISTs · under 0.1 s to 0.6 s
              · under $0.0001 to $0.0002

    waves     0 → 1
    total     about 92.3 MB read · 251 to 517 GETs, 87 to 167 PUTs, 3 LISTs · 0.2
              s to 1.0 s · $0.0006 to $0.0011
    Estimates, not measurements: 100 MB/s a task, 4 tasks at once; an aggregation
    is taken to keep 10 % of its bytes, everything else all of them. Requests are
    those of tasks while nothing fails and all fits into memory; spans are of what
    only the data decides, as long as nothing grows.
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
      about   3.15 MB read · 9 GETs, 4 to 7 PUTs · under 0.1 s · under $0.0001

    stage 1 · 6 tasks of 256 MB · until 10 rows are there
      input 0 stage 0, 3 partitions
      input 1 text in/ · 1 file, 3.15 MB · 3 splits
      do      input 0
              input 1
              Union of these
              Limit 10
      give    the result
      about   6.29 MB read · 0 to 15 GETs, 1 to 12 PUTs · under 0.1 s · under
              $0.0001

    stage 2 · 3 tasks of 256 MB
      read    stage 0, 3 partitions
      do      nothing but pass on
      give    jsonl out/jsonl/ · 3 parts
      about   3.15 MB read · 9 to 12 GETs, 6 PUTs, 3 LISTs · under 0.1 s · under
              $0.0001

    waves     0 → 1 2
    total     about 12.6 MB read · 20 to 44 GETs, 11 to 25 PUTs, 3 LISTs · under
              0.1 s · under $0.0001 to $0.0002
    Estimates, not measurements: 100 MB/s a task, 4 tasks at once; an aggregation
    is taken to keep 10 % of its bytes, everything else all of them. Requests are
    those of tasks while nothing fails and all fits into memory; spans are of what
    only the data decides, as long as nothing grows.
    "
  `)
})

test('says how rows are sampled and divided by order', () => {
  const job = new Job()
  const year = job.fn('year', { at: 'job.ts:3:9' })
  const orders = sortNode(job.largeJsonl('orders', 4), [
    { kind: 'column', column: 'amount', direction: 'desc', nulls: 'last' },
  ])
  const computed = { kind: 'function', fn: year, direction: 'asc', nulls: 'first' } as const
  const top = topNode(job.jsonl('small', 3), [computed], 10)
  const outputs = [write(orders), result(sampleNode(repartitionNode(top, 2), 0.1, 7))]
  expect(explainText(plan({ outputs }, job.facts), job.facts)).toMatchInlineSnapshot(`
    "10 stages · 6 waves · 23 tasks · engine test · plan adc67114ee68

    stage 0 · 4 tasks of 256 MB
      read    jsonl orders/*.jsonl · 10.5 MB, 1/16 of it, evenly spread · 4 splits
      do      Sample keys
      give    all rows into one partition → stage 1
      note    the samples of all tasks meet in one
      note    reads no columns but amount
      about   10.5 MB read · 132 GETs, 5 to 9 PUTs · under 0.1 s · under $0.0001

    stage 1 · 1 task of 256 MB
      read    stage 0, 1 partition
      do      Splitters for 5 partitions
      give    all rows to every task → stage 2
      note    every task divides its rows by these
      about   128 kB read · 3 to 9 GETs, 2 to 3 PUTs · under 0.1 s to 0.2 s ·
              under $0.0001

    stage 2 · 4 tasks of 256 MB
      read    jsonl orders/*.jsonl · 4 files, 168 MB · 4 splits
      divide  stage 1, all of it in every task
      do      nothing but pass on
      give    ranges by amount desc into 5 partitions → stage 3
      note    each task sorts one range of the rows
      note    reads every column: whole records are written
      about   168 MB read · 20 to 28 GETs, 5 to 9 PUTs · 0.8 s to 0.9 s · under
              $0.0001

    stage 3 · 5 tasks of 256 MB
      read    stage 2, 5 partitions
      do      Sort by amount desc
      give    jsonl out/jsonl/ · 5 parts
      about   168 MB read · 15 to 55 GETs, 10 PUTs, 5 LISTs · 0.8 s · under
              $0.0001 to $0.0001

    stage 4 · 3 tasks of 256 MB
      read    jsonl small/*.jsonl · 3 files, 3.15 MB · 3 splits
      do      Compute key year (job.ts:3:9)
              Top 10 by year() nulls first
      give    all rows into one partition → stage 5
      note    the first 10 rows of all tasks meet in one
      note    reads every column: whole records are the result
      about   3.15 MB read · 9 GETs, 4 to 7 PUTs · under 0.1 s · under $0.0001

    stage 5 · 1 task of 256 MB
      read    stage 4, 1 partition
      do      Top 10 by year() nulls first
              Drop computed keys
      give    each task its own partition → stages 6, 8
      note    made once: sampled, then divided
      about   3.00 kB read · 3 to 6 GETs, 2 to 3 PUTs · under 0.1 s · under
              $0.0001

    stage 6 · 1 task of 256 MB
      read    stage 5, 1 partition
      do      Sample keys
      give    all rows into one partition → stage 7
      note    the samples of all tasks meet in one
      about   1.00 kB read · 3 to 4 GETs, 2 to 3 PUTs · under 0.1 s · under
              $0.0001

    stage 7 · 1 task of 256 MB
      read    stage 6, 1 partition
      do      Splitters for 2 partitions
      give    all rows to every task → stage 8
      note    every task divides its rows by these
      about   1.00 kB read · 3 to 4 GETs, 2 to 3 PUTs · under 0.1 s · under
              $0.0001

    stage 8 · 1 task of 256 MB
      read    stage 5, 1 partition
      divide  stage 7, all of it in every task
      do      nothing but pass on
      give    in order into 2 partitions → stage 9
      note    asked for by repartition
      about   1.20 kB read · 5 to 7 GETs, 2 to 3 PUTs · under 0.1 s · under
              $0.0001

    stage 9 · 2 tasks of 256 MB
      read    stage 8, 2 partitions
      do      Sample 10 %
      give    the result
      about   1.00 kB read · 4 to 6 GETs, 2 to 4 PUTs · under 0.1 s · under
              $0.0001

    waves     0 4 → 1 5 → 2 6 → 3 7 → 8 → 9
    total     about 349 MB read · 199 to 268 GETs, 36 to 54 PUTs, 5 LISTs · 1.7 s
              to 2.4 s · $0.0003 to $0.0004
    Estimates, not measurements: 100 MB/s a task, 4 tasks at once; an aggregation
    is taken to keep 10 % of its bytes, everything else all of them. Requests are
    those of tasks while nothing fails and all fits into memory; spans are of what
    only the data decides, as long as nothing grows.
    "
  `)
})

test('says what a join reads whole, and what in parts', () => {
  const job = new Job()
  const on = [{ left: 'customer', right: 'id' }]
  const sides = { left: job.jsonl('orders', 40), right: job.jsonl('customers', 2) }
  const small = joinNode({ ...sides, how: 'left', on, strategy: 'auto', divideSkew: 'auto' })
  const large = joinNode({ ...sides, left: small, how: 'inner', on, strategy: 'exchange', divideSkew: true })
  expect(explainText(plan({ outputs: [write(large)] }, job.facts), job.facts)).toMatchInlineSnapshot(`
    "7 stages · 6 waves · 127 tasks · engine test · plan c0b43b47aef7

    stage 0 · 2 tasks of 256 MB
      read    jsonl customers/*.jsonl · 2 files, 2.10 MB · 2 splits
      do      nothing but pass on
      give    all rows to every task → stage 1
      note    the right side of a join, 2.10 MB or less, goes to every task
      note    reads every column: a join keeps all columns where not both sides
              declare theirs
      about   2.10 MB read · 6 GETs, 3 to 5 PUTs · under 0.1 s · under $0.0001

    stage 1 · 40 tasks of 256 MB
      input 0 jsonl orders/*.jsonl · 40 files, 41.9 MB · 40 splits
      input 1 stage 0, all of it in every task
      do      input 0
              input 1
              Left join on customer = id, right side in memory
      give    each task its own partition → stages 2, 4
      note    made once: sampled, then divided
      note    reads every column: a join keeps all columns where not both sides
              declare theirs
      about   126 MB read · 200 to 300 GETs, 41 to 81 PUTs · 0.3 s to 0.4 s ·
              $0.0003 to $0.0005

    stage 2 · 40 tasks of 256 MB
      read    stage 1, 40 partitions
      do      Sample keys
      give    all rows into one partition → stage 3
      note    the samples of all tasks meet in one
      about   44.0 MB read · 120 to 170 GETs, 41 to 81 PUTs · under 0.1 s to 0.2 s
              · $0.0003 to $0.0005

    stage 3 · 1 task of 256 MB
      read    stage 2, 1 partition
      do      Splitters for 2 partitions
      give    all rows to every task → stages 4, 5
      note    every task divides its rows by these
      about   256 kB read · 3 to 53 GETs, 2 to 3 PUTs · under 0.1 s to 0.9 s ·
              under $0.0001

    stage 4 · 40 tasks of 256 MB
      read    stage 1, 40 partitions
      divide  stage 3, all of it in every task
      do      nothing but pass on
      give    ranges by customer into 2 partitions → stage 6
      note    rows that can match meet; a key that many rows have is divided among
              tasks
      about   44.0 MB read · 200 to 330 GETs, 41 to 81 PUTs · under 0.1 s to 4.6 s
              · $0.0003 to $0.0006

    stage 5 · 2 tasks of 256 MB
      read    jsonl customers/*.jsonl · 2 files, 2.10 MB · 2 splits
      divide  stage 3, all of it in every task
      do      nothing but pass on
      give    ranges by id into 2 partitions, rows to all that have their key →
              stage 6
      note    to every task that has rows of its key on the left
      note    reads every column: a join keeps all columns where not both sides
              declare theirs
      about   2.10 MB read · 10 to 14 GETs, 3 to 5 PUTs · under 0.1 s to 0.5 s ·
              under $0.0001

    stage 6 · 2 tasks of 256 MB
      input 0 stage 4, 2 partitions
      input 1 stage 5, 2 partitions
      do      input 0
              input 1
              Join on customer = id, right side in memory
      give    jsonl out/jsonl/ · 2 parts
      about   46.1 MB read · 10 to 104 GETs, 4 PUTs, 2 LISTs · under 0.1 s to 0.5
              s · under $0.0001

    waves     0 → 1 → 2 → 3 → 4 5 → 6
    total     about 265 MB read · 551 to 985 GETs, 135 to 260 PUTs, 2 LISTs · 0.4
              s to 7.1 s · $0.0009 to $0.0018
    Estimates, not measurements: 100 MB/s a task, 4 tasks at once; an aggregation
    is taken to keep 10 % of its bytes, everything else all of them. Requests are
    those of tasks while nothing fails and all fits into memory; spans are of what
    only the data decides, as long as nothing grows.
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
