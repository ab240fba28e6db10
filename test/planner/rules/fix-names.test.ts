import { expect, test } from 'vitest'
import type { Schema } from '../../../operators/index.ts'
import {
  filterNode,
  type JoinNode,
  joinNode,
  type LogicalNode,
  limitNode,
  mapNode,
  selectNode,
  sortNode,
  unionNode,
  withNode,
} from '../../../planner/index.ts'
import { fixNames } from '../../../planner/rules/fix-names.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
import { Job, result } from '../job.ts'
import { beforeAfter } from './before-after.ts'

const SCHEMA: Schema = { shape: 'object', fields: [{ name: 'k', type: { kind: 'utf8' } }] }

function joined(left: LogicalNode, right: LogicalNode, more: Partial<JoinNode> = {}): JoinNode {
  const on = [{ left: 'k', right: 'k' }]
  return joinNode({
    left,
    right,
    how: 'inner',
    on,
    suffix: '_r',
    strategy: 'auto',
    divideSkew: 'auto',
    ...more,
  })
}

function fixed(make: (job: Job) => LogicalNode): string {
  const job = new Job()
  return beforeAfter(job, [result(make(job))], [placeExchanges, fixNames]).split('--->\n')[1]!
}

test('a left of which nothing is known meets at an exchange before its rows pass a broadcast right', () => {
  expect(fixed(job => joined(job.jsonl('l', 40), job.jsonl('r', 2)))).toMatchInlineSnapshot(`
    "result
      join inner on ["k" = "k"] suffix "_r" build right (40)
        exchange none (40)
          scan l/*.jsonl (40)
        exchange broadcast (1)
          scan r/*.jsonl (2)"
  `)
})

test('once it has, the left of the next join is known', () => {
  expect(
    fixed(job => joined(joined(job.jsonl('l', 40), job.jsonl('r', 2)), job.jsonl('s', 2))),
  ).toMatchInlineSnapshot(`
    "result
      join inner on ["k" = "k"] suffix "_r" build right (40)
        join inner on ["k" = "k"] suffix "_r" build right (40)
          exchange none (40)
            scan l/*.jsonl (40)
          exchange broadcast (1)
            scan r/*.jsonl (2)
        exchange broadcast (1)
          scan s/*.jsonl (2)"
  `)
})

test('in one task too: its batches need not have the columns of one another', () => {
  const job = new Job()
  const outputs = [result(joined(job.jsonl('l', 1), job.jsonl('r', 1)))]
  expect(beforeAfter(job, outputs, [placeExchanges, fixNames])).toMatchInlineSnapshot(`
    "result
      join inner on ["k" = "k"] suffix "_r" build right (1)
        scan l/*.jsonl (1)
        scan r/*.jsonl (1)
    --->
    result
      join inner on ["k" = "k"] suffix "_r" build right (1)
        exchange none (1)
          scan l/*.jsonl (1)
        scan r/*.jsonl (1)"
  `)
})

test('a left of one task meets at an exchange before a broadcast right', () => {
  expect(fixed(job => joined(job.jsonl('l', 1), job.jsonl('r', 2), { how: 'left' }))).toMatchInlineSnapshot(`
    "result
      join left on ["k" = "k"] suffix "_r" build right (1)
        exchange none (1)
          scan l/*.jsonl (1)
        exchange broadcast (1)
          scan r/*.jsonl (2)"
  `)
})

test('what a map makes of an exchange meets again', () => {
  expect(
    fixed(job => joined(mapNode(limitNode(job.jsonl('l', 3), 9), job.fn('f')), job.jsonl('r', 1))),
  ).toMatchInlineSnapshot(`
    "result
      join inner on ["k" = "k"] suffix "_r" build right (1)
        exchange none (1)
          rows map #0 (1)
            limit 9 (1)
              exchange gather (1)
                limit 9 (3)
                  scan l/*.jsonl (3)
        scan r/*.jsonl (1)"
  `)
})

test.each<[string, (job: Job) => LogicalNode]>([
  ['no suffix: a clash is an error in any task', job => joined(job.jsonl('l', 40), job.jsonl('r', 2), none)],
  ['a semi join', job => joined(job.jsonl('l', 40), job.jsonl('r', 2), { ...none, how: 'semi' })],
  ['a declared left', job => joined(job.jsonl('l', 40, SCHEMA), job.jsonl('r', 2))],
  [
    'a left of named columns',
    job => joined(selectNode(job.jsonl('l', 40), [{ from: 'k', as: 'k' }]), job.jsonl('r', 2)),
  ],
  [
    'a left that an exchange has divided',
    job => joined(filterNode(sortNode(job.jsonl('l', 90), [key]), job.fn('f')), job.jsonl('r', 2)),
  ],
  ['a broadcast left', job => joined(job.jsonl('l', 2), job.jsonl('r', 40))],
  ['a built left of one task', job => joined(job.jsonl('l', 1), job.jsonl('r', 1), { how: 'right' })],
  ['one task without a suffix', job => joined(job.jsonl('l', 1), job.jsonl('r', 1), none)],
  ['a semi join in one task', job => joined(job.jsonl('l', 1), job.jsonl('r', 1), { ...none, how: 'semi' })],
  ['a declared left of one task', job => joined(job.jsonl('l', 1, SCHEMA), job.jsonl('r', 1))],
  ['a left of one Arrow file', job => joined(job.values([{ batches: 1 }]), job.jsonl('r', 1))],
  [
    'a left that all rows of meet in one task',
    job => withNode(joined(job.jsonl('l', 90), job.jsonl('r', 90)), { partitions: 1 }),
  ],
  ['two exchanged sides', job => joined(job.jsonl('l', 40), job.jsonl('r', 40))],
])('nothing is done for %s', (_, make) => {
  expect(fixed(make)).not.toContain('exchange none')
})

test.each<[string, (job: Job) => LogicalNode]>([
  ['mapped', job => mapNode(job.jsonl('l', 40, SCHEMA), job.fn('f'))],
  ['of two kinds', job => unionNode([job.jsonl('l', 40, SCHEMA), job.text('m', 40)])],
  ['of one task and mapped', job => mapNode(job.jsonl('l', 1, SCHEMA), job.fn('f'))],
  ['one task of several Arrow files', job => job.values(new Array(2).fill({ sizeBytes: 9, batches: 1 }))],
])('a left that is %s may have any column', (_, left) => {
  expect(fixed(job => joined(left(job), job.jsonl('r', 2), { how: 'left' }))).toContain('exchange none')
})

const none = { suffix: undefined } as unknown as Partial<JoinNode>
const key = { kind: 'column', column: 'k', direction: 'asc', nulls: 'last' } as const
