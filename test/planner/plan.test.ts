import { describe, expect, test } from 'vitest'
import {
  aggregateNode,
  canonicalText,
  type Facts,
  filterNode,
  flatMapNode,
  type LogicalNode,
  limitNode,
  mapNode,
  plan,
  planFingerprint,
  repartitionNode,
  unionNode,
  withNode,
  wordsNode,
} from '../../planner/index.ts'
import { Job, result, write } from './job.ts'

const valueCounts = (input: LogicalNode) =>
  aggregateNode(
    input,
    [{ kind: 'column', column: 'value', as: 'value' }],
    [{ as: 'count', spec: { op: 'count' } }],
    'object',
  )

describe('word count', () => {
  test('is two stages: count before the exchange, count together after it', () => {
    const job = new Job()
    const words = flatMapNode(job.text('reviews', 80), job.fn('tokenize'))
    expect(plan({ outputs: [write(valueCounts(words), 'csv')] }, job.facts).text).toMatchInlineSnapshot(`
      "plan 1
      code c0de
      stage 0: 80 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: text onInvalid replace "reviews/*.txt", 80 splits, 83886080 bytes, listing 43a9e0afb0bd58b28a150434a791e2153a5d24ae8a415abe62f7ee5e989b0af5
        operators:
          aggregate partial by ["value" as "value"]: ["count" = count] object
            rows flatMap #0
              input 0
        output: hash("value"; 3), 3 partitions
      stage 1: 3 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: stage 0, 3 partitions, hash("value"; 3)
        operators:
          aggregate final by ["value" as "value"]: ["count" = count] object
            input 0
        output 0: write csv "out/csv/" mode fail
      "
    `)
  })

  test('of one split is one stage', () => {
    const job = new Job()
    const counts = valueCounts(wordsNode(job.text('reviews', 1)))
    expect(plan({ outputs: [write(counts, 'csv')] }, job.facts).text).toMatchInlineSnapshot(`
      "plan 1
      code c0de
      stage 0: 1 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: text onInvalid replace "reviews/*.txt", 1 splits, 1048576 bytes, listing b4bb8ce1694d5b3a8e17e2011dc8b9d6e6c1b5f13b782b819f00d3b41e3a88d1
        operators:
          aggregate complete by ["value" as "value"]: ["count" = count] object
            words
              input 0
        output 0: write csv "out/csv/" mode fail
      "
    `)
  })
})

describe('stages', () => {
  test('a union of an exchange and a scan has a task for each partition of either', () => {
    const job = new Job()
    const counted = mapNode(valueCounts(job.text('a')), job.fn('line'))
    const union = unionNode([counted, job.text('b', 3)])
    const { plan: physical, text } = plan({ outputs: [write(union, 'text')] }, job.facts, { partitions: 4 })
    expect(text).toMatchInlineSnapshot(`
      "plan 1
      code c0de
      stage 0: 2 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: text onInvalid replace "a/*.txt", 2 splits, 2097152 bytes, listing 3dcc99f716cea28fed7a65bfcf1c63306571c1b4b31c8929ba063347674e13c0
        operators:
          aggregate partial by ["value" as "value"]: ["count" = count] object
            input 0
        output: hash("value"; 4), 4 partitions
      stage 1: 7 tasks, concat, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: stage 0, 4 partitions, hash("value"; 4)
        input 1: text onInvalid replace "b/*.txt", 3 splits, 3145728 bytes, listing 62236ed1bc6e9e11ff630325355119a95e1cd23476d01762529c76b1373e1249
        operators:
          union
            rows map #0
              aggregate final by ["value" as "value"]: ["count" = count] object
                input 0
            input 1
        output 0: write text "out/text/" mode fail
      "
    `)
    expect(physical.stages[1]!.title).toBe(
      'Union(FinalAggregate by value: count → Map line | Scan text) → Write text',
    )
  })

  test('two outputs of one aggregation read what was made once', () => {
    const job = new Job()
    const counts = valueCounts(job.text('a'))
    const often = filterNode(counts, job.fn('often', { reads: ['count'] }))
    const { text, plan: physical } = plan(
      { outputs: [write(counts, 'csv'), write(often, 'jsonl')] },
      job.facts,
    )
    expect(text).toMatchInlineSnapshot(`
      "plan 1
      code c0de
      stage 0: 2 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: text onInvalid replace "a/*.txt", 2 splits, 2097152 bytes, listing 3dcc99f716cea28fed7a65bfcf1c63306571c1b4b31c8929ba063347674e13c0
        operators:
          aggregate partial by ["value" as "value"]: ["count" = count] object
            input 0
        output: gather, 1 partitions
      stage 1: 1 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: stage 0, 1 partitions, gather
        operators:
          aggregate final by ["value" as "value"]: ["count" = count] object
            input 0
        output: none, 1 partitions
      stage 2: 1 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: stage 1, 1 partitions, none
        operators:
          input 0
        output 0: write csv "out/csv/" mode fail
      stage 3: 1 tasks, zip, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: stage 1, 1 partitions, none
        operators:
          rows filter #0
            input 0
        output 1: write jsonl "out/jsonl/" mode fail
      "
    `)
    expect(physical.waves).toEqual([[0], [1], [2, 3]])
  })

  test('a dataset united with itself is read twice', () => {
    const job = new Job()
    const trimmed = mapNode(job.text('a'), job.fn('trim'))
    const { plan: physical } = plan({ outputs: [result(unionNode([trimmed, trimmed]))] }, job.facts)
    expect(physical.stages[1]).toMatchObject({
      tasks: 4,
      layout: 'concat',
      inputs: [{ from: 0 }, { from: 0 }],
      root: {
        op: 'union',
        inputs: [
          { op: 'input', input: 0 },
          { op: 'input', input: 1 },
        ],
      },
    })
  })

  test('take runs until there are enough rows, without a map being called for more', () => {
    const job = new Job()
    const node = limitNode(mapNode(job.text('a', 9), job.fn('parse')), 10)
    expect(plan({ outputs: [result(node)] }, job.facts).text).toMatchInlineSnapshot(`
      "plan 1
      code c0de
      stage 0: 9 tasks, zip, until 10 rows, memoryMb 256, timeoutMs 900000, concurrency 16
        input 0: text onInvalid replace "a/*.txt", 9 splits, 9437184 bytes, listing f0cdb2629f2cdd07e62ebbd589ab4862072783dd0603b66fec0cea83058ae6e7
        operators:
          rows map #0
            limit 10
              input 0
        output 0: result
      "
    `)
  })

  test('an async function between two others is an operator of its own in the same stage', () => {
    const job = new Job()
    const steps = mapNode(mapNode(job.text('a'), job.fn('url')), job.fn('load', { async: true }))
    const { plan: physical } = plan({ outputs: [result(mapNode(steps, job.fn('parse')))] }, job.facts)
    expect(physical.stages.length).toBe(1)
    expect(physical.stages[0]!.root).toMatchObject({
      op: 'rows',
      input: { op: 'asyncRows', input: { op: 'rows', input: { op: 'input' } } },
    })
  })

  test('sources without a byte still have a task, so that the outputs appear', () => {
    const job = new Job()
    const { plan: physical, splits } = plan({ outputs: [write(job.files([{ sizeBytes: 0 }]))] }, job.facts)
    expect(physical.stages[0]!.tasks).toBe(1)
    expect([...splits.values()]).toEqual([[[{ ranges: [] }]]])
  })

  test('a chain of 5,000 verbs is planned', () => {
    const job = new Job()
    let node: LogicalNode = job.text('a')
    for (let i = 0; i < 5000; i++) node = mapNode(node, job.fn(`f${i}`))
    const { stages } = plan({ outputs: [result(node)] }, job.facts).plan
    const { root } = stages[0]!
    expect(root.op === 'rows' && root.steps.length).toBe(5000)
    expect(stages[0]!.title.length).toBe(200)
  })

  test('2,000 datasets, united one after another, are one flat union', () => {
    const job = new Job()
    let node: LogicalNode = job.text('a', 1)
    for (let i = 1; i < 2000; i++) node = unionNode([node, job.text(`a${i}`, 1)])
    const { stages } = plan({ outputs: [result(node)] }, job.facts).plan
    expect(stages.length).toBe(1)
    const { root, inputs, tasks } = stages[0]!
    expect([tasks, inputs.length, root.op === 'union' && root.inputs.length]).toEqual([2000, 2000, 2000])
  })
})

describe('a stage of more than a million tasks is refused', () => {
  test('by partitions', () => {
    const job = new Job()
    const parts = Array.from({ length: 101 }, (_, i) => repartitionNode(job.text(`a${i}`), 10_000))
    expect(() => plan({ outputs: [result(unionNode(parts))] }, job.facts)).toThrow(
      'would have more than 1000000 tasks',
    )
  })

  test('by a union with itself, again and again', () => {
    const job = new Job()
    let node: LogicalNode = job.text('a', 1)
    for (let i = 0; i < 40; i++) node = unionNode([node, node])
    expect(() => plan({ outputs: [result(node)] }, job.facts)).toThrow(
      'a union would have more than 1000000 tasks',
    )
  })
})

describe('resources', () => {
  test('the largest that a stage was asked for wins, and both halves of an aggregation get it', () => {
    const job = new Job()
    const big = withNode(mapNode(job.text('a'), job.fn('f')), { memoryMb: 1024, concurrency: 2 })
    const counts = withNode(valueCounts(withNode(big, { memoryMb: 512 })), { timeoutMs: 1_000_000 })
    const after = withNode(mapNode(counts, job.fn('g')), { memoryMb: 300 })
    const { stages } = plan({ outputs: [result(after)] }, job.facts).plan
    expect(stages).toMatchObject([
      { memoryMb: 1024, timeoutMs: 1_000_000, concurrency: 2 },
      { memoryMb: 300, timeoutMs: 1_000_000, concurrency: 16 },
    ])
  })

  test('options are what stages have that were not asked for', () => {
    const job = new Job()
    const outputs = [result(withNode(job.text('a'), { concurrency: 3 }))]
    expect(plan({ outputs }, job.facts).plan.stages).toMatchObject([
      { memoryMb: 256, timeoutMs: 900_000, concurrency: 3 },
    ])
    expect(
      plan({ outputs }, job.facts, { memoryMb: 2, timeoutMs: 3, concurrency: 4 }).plan.stages,
    ).toMatchObject([{ memoryMb: 2, timeoutMs: 3, concurrency: 3 }])
  })

  test('options that are no whole numbers are refused', () => {
    const job = new Job()
    const outputs = [result(job.text('a'))]
    expect(() => plan({ outputs }, job.facts, { partitions: 0 })).toThrow(
      'partitions must be a whole number from 1',
    )
  })

  test('options of more partitions than there may be are refused', () => {
    const job = new Job()
    const outputs = [result(valueCounts(job.text('a')))]
    const planned = (partitions: number) => () => plan({ outputs }, job.facts, { partitions })
    expect(planned(10_001)).toThrow(
      expect.objectContaining({
        code: 'INVALID_PLAN',
        message: 'options: 10001 partitions are asked for, and there may be 10000 at most',
      }),
    )
    expect(planned(10_000)().plan.stages[1]!.tasks).toBe(10_000)
  })
})

describe('the fingerprint', () => {
  const jobOf = (name: string, facts: Partial<Facts> = {}) => {
    const job = new Job()
    const counts = valueCounts(flatMapNode(job.text('reviews', 80), job.fn(name), `${name}.ts:7`))
    const planned = plan({ outputs: [write(counts, 'csv')] }, { ...job.facts, ...facts })
    return planned.plan.fingerprint
  }

  test('is the SHA-256 of the text, and can be had of the plan alone', () => {
    const job = new Job()
    const { plan: physical, text } = plan({ outputs: [result(job.text('a'))] }, job.facts)
    const read = JSON.parse(JSON.stringify(physical))
    expect(canonicalText(read)).toBe(text)
    expect(planFingerprint(read)).toBe(physical.fingerprint)
    expect(physical.fingerprint).toMatch(/^[0-9a-f]{64}$/)
  })

  test('does not depend on names, places or the engine', () => {
    const engine = { ...new Job().facts.engine, name: 'other', slots: 1000, bytesPerSecond: 1 }
    expect(jobOf('tokenize')).toBe(jobOf('split'))
    expect(jobOf('tokenize', { engine })).toBe(jobOf('tokenize'))
  })

  test('depends on the code', () => {
    expect(jobOf('tokenize', { codeHash: 'other' })).not.toBe(jobOf('tokenize'))
  })
})

describe('facts that are missing', () => {
  test('a function that was not shipped, a source that was not listed', () => {
    const job = new Job()
    const outputs = [result(mapNode(job.text('a'), () => 1))]
    expect(() => plan({ outputs }, job.facts)).toThrow('was not shipped before planning')
    const listed = { ...job.facts, listings: new Map() }
    expect(() => plan({ outputs: [result(job.text('b'))] }, listed)).toThrow('was not listed before planning')
  })
})
