import { expect, test } from 'vitest'
import type { OperatorSpec } from '../../operators/index.ts'
import { canonicalText } from '../../planner/index.ts'
import type { PhysicalPlan, Stage, StageId } from '../../planner/physical.ts'

const fn = (index: number) => ({ fn: index, name: `f${index}`, at: `job.ts:${index}` })

/** One of everything that a plan may hold. */
const ROOT: OperatorSpec = {
  op: 'union',
  inputs: [
    {
      op: 'aggregate',
      phase: 'partial',
      shape: 'object',
      keys: [
        { kind: 'column', column: 'a', as: 'b' },
        { kind: 'function', fn: fn(1), as: 'c' },
      ],
      aggregations: [
        { as: 'd', spec: { op: 'count' } },
        { as: 'e', spec: { op: 'count', column: 'x' } },
        { as: 'f', spec: { op: 'user', init: fn(2), add: fn(3), merge: fn(4), finish: fn(5) } },
      ],
      input: {
        op: 'mapBatches',
        size: 7,
        fn: fn(6),
        input: {
          op: 'asyncRows',
          steps: [{ kind: 'map', fn: fn(7) }],
          input: {
            op: 'rows',
            steps: [
              { kind: 'filter', fn: fn(8) },
              { kind: 'flatMap', fn: fn(9) },
            ],
            input: { op: 'input', input: 0 },
          },
        },
      },
    },
    {
      op: 'limit',
      rows: 3,
      input: {
        op: 'select',
        columns: [{ from: 'a', as: 'b' }],
        input: { op: 'words', input: { op: 'input', input: 1 } },
      },
    },
  ],
}

const sortKeys = [
  { column: 'k', direction: 'desc', nulls: 'first', name: 'for people' },
  { column: 'l', direction: 'asc', nulls: 'last' },
] as const

/** What a sort and a join are made of. */
const JOIN_ROOT: OperatorSpec = {
  op: 'join',
  how: 'left',
  on: [{ left: 'a', right: 'b' }],
  nullsEqual: true,
  suffix: '_r',
  build: 'right',
  inputs: [
    {
      op: 'sample',
      fraction: 0.5,
      seed: 7,
      input: {
        op: 'dropColumns',
        columns: ['k'],
        input: {
          op: 'sort',
          keys: sortKeys,
          input: { op: 'addColumns', columns: [{ as: 'k', fn: fn(1) }], input: { op: 'input', input: 0 } },
        },
      },
    },
    {
      op: 'splitters',
      partitions: 3,
      input: {
        op: 'sampleKeys',
        keys: sortKeys,
        fraction: 0.25,
        rows: 64,
        keyBytes: 65_536,
        input: {
          op: 'distinctBy',
          keys: ['c'],
          phase: 'final',
          input: { op: 'top', keys: sortKeys, rows: 5, input: { op: 'input', input: 1 } },
        },
      },
    },
  ],
}

const stage = (fields: Partial<Stage>): Stage => ({
  id: 0 as StageId,
  title: 'a title',
  inputs: [],
  layout: 'concat',
  tasks: 4,
  root: ROOT,
  output: { kind: 'result', output: 0 },
  memoryMb: 256,
  timeoutMs: 1000,
  concurrency: 16,
  ...fields,
})

const splits = { kind: 'splits', source: 'in', tasks: 2, bytes: 9, listing: 'abc' } as const
const SCHEMA = { shape: 'object', fields: [{ name: 'a', type: { kind: 'utf8' } }] } as const

const PLAN: Pick<PhysicalPlan, 'version' | 'stages' | 'codeHash'> = {
  version: 1,
  codeHash: 'c0de',
  stages: [
    stage({
      inputs: [
        { ...splits, format: { format: 'text', onInvalid: 'fail' } },
        { ...splits, format: { format: 'jsonl', schema: SCHEMA }, columns: ['a'] },
        { ...splits, format: { format: 'range', start: 1, step: 2 } },
      ],
      output: {
        kind: 'exchange',
        partitions: 8,
        partitioning: { kind: 'hash', keys: ['a', 'b'], partitions: 8 },
      },
    }),
    stage({
      id: 1 as StageId,
      until: { rows: 5 },
      inputs: [
        {
          kind: 'exchange',
          from: 0 as StageId,
          partitions: 8,
          partitioning: { kind: 'hash', keys: 'all', partitions: 8 },
        },
      ],
      output: { kind: 'write', output: 1, uri: 'out/', format: 'csv', mode: 'append' },
    }),
    stage({
      id: 2 as StageId,
      root: JOIN_ROOT,
      inputs: [
        { ...splits, format: { format: 'records', length: 100, key: [0, 10] }, fraction: 0.0625 },
        { kind: 'exchange', from: 1 as StageId, partitions: 1, partitioning: { kind: 'broadcast' } },
      ],
      output: {
        kind: 'exchange',
        partitions: 3,
        partitioning: { kind: 'range', keys: sortKeys, partitions: 3, splitters: 1, replicate: true },
      },
    }),
  ],
}

/** What is for people, and may differ between plans that compute the same. */
const FOR_PEOPLE = new Set(['title', 'name', 'at'])

/** `keys: 'all'` is a tag too. Another tag is another thing, not another value. */
const TAGS = new Set(['op', 'kind', 'format'])

/** The same plan with one leaf changed, for each leaf. */
function* changes(value: unknown, path: string[] = []): Generator<{ path: string[]; value: unknown }> {
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) {
      for (const change of changes(one, [...path, String(i)])) {
        yield { path: change.path, value: value.map((old, j) => (j === i ? change.value : old)) }
      }
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      for (const change of changes(one, [...path, name]))
        yield { path: change.path, value: { ...value, [name]: change.value } }
    }
  } else {
    yield {
      path,
      value: typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${value}'`,
    }
  }
}

test('every leaf of a plan is in its text but what is for people', () => {
  const text = canonicalText(PLAN)
  let leaves = 0
  for (const { path, value } of changes(PLAN)) {
    if (TAGS.has(path.at(-1)!) || path.at(-1) === 'keys') continue
    leaves++
    const same = canonicalText(value as typeof PLAN) === text
    const forPeople = FOR_PEOPLE.has(path.at(-1)!) && !path.includes('schema')
    expect({ path, same }).toEqual({ path, same: forPeople })
  }
  expect(leaves).toBeGreaterThan(110)
})

test('names with quotes or line ends cannot look like another plan', () => {
  const named = (uri: string) =>
    canonicalText({
      ...PLAN,
      stages: [stage({ output: { kind: 'write', output: 0, uri, format: 'csv', mode: 'fail' } })],
    })
  expect(named('out/" mode append\n  output 1: result')).toContain(
    '"out/\\" mode append\\n  output 1: result"',
  )
})

test('the text', () => {
  expect(canonicalText(PLAN)).toMatchInlineSnapshot(`
    "plan 1
    code c0de
    stage 0: 4 tasks, concat, memoryMb 256, timeoutMs 1000, concurrency 16
      input 0: text onInvalid fail "in", 2 splits, 9 bytes, listing abc
      input 1: jsonl schema {"shape":"object","fields":[{"name":"a","type":{"kind":"utf8"}}]} "in", columns ["a"], 2 splits, 9 bytes, listing abc
      input 2: range from 1 by 2 "in", 2 splits, 9 bytes, listing abc
      operators:
        union
          aggregate partial by ["a" as "b", #1 as "c"]: ["d" = count, "e" = count("x"), "f" = user(init #2, add #3, merge #4, finish #5)] object
            mapBatches #6 size 7
              asyncRows map #7
                rows filter #8, flatMap #9
                  input 0
          limit 3
            select "a" as "b"
              words
                input 1
      output: hash("a", "b"; 8), 8 partitions
    stage 1: 4 tasks, concat, until 5 rows, memoryMb 256, timeoutMs 1000, concurrency 16
      input 0: stage 0, 8 partitions, hash(*; 8)
      operators:
        union
          aggregate partial by ["a" as "b", #1 as "c"]: ["d" = count, "e" = count("x"), "f" = user(init #2, add #3, merge #4, finish #5)] object
            mapBatches #6 size 7
              asyncRows map #7
                rows filter #8, flatMap #9
                  input 0
          limit 3
            select "a" as "b"
              words
                input 1
      output 1: write csv "out/" mode append
    stage 2: 4 tasks, concat, memoryMb 256, timeoutMs 1000, concurrency 16
      input 0: records of 100 key 0+10 "in", fraction 0.0625, 2 splits, 9 bytes, listing abc
      input 1: stage 1, 1 partitions, broadcast
      operators:
        join left on ["a" = "b"] nulls equal suffix "_r" build right
          sample 0.5 seed 7
            dropColumns "k"
              sort by "k" desc nulls first, "l" asc nulls last
                addColumns "k" = #1
                  input 0
          splitters 3
            sampleKeys 64 of 0.25, key bytes 65536, by "k" desc nulls first, "l" asc nulls last
              distinctBy final "c"
                top 5 by "k" desc nulls first, "l" asc nulls last
                  input 1
      output: range("k" desc nulls first, "l" asc nulls last; 3; splitters 1; replicate), 3 partitions
    "
  `)
})
