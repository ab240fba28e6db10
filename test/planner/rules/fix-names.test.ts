import { expect, test } from 'vitest'
import type { Schema } from '../../../operators/index.ts'
import {
  filterNode,
  type JoinNode,
  joinNode,
  type LogicalNode,
  mapNode,
  selectNode,
  sortNode,
  unionNode,
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
  ['a left of one task', job => joined(job.jsonl('l', 1), job.jsonl('r', 2))],
  ['a broadcast left', job => joined(job.jsonl('l', 2), job.jsonl('r', 40))],
  ['two exchanged sides', job => joined(job.jsonl('l', 40), job.jsonl('r', 40))],
])('nothing is done for %s', (_, make) => {
  expect(fixed(make)).not.toContain('exchange none')
})

test.each<[string, (job: Job) => LogicalNode]>([
  ['mapped', job => mapNode(job.jsonl('l', 40, SCHEMA), job.fn('f'))],
  ['of two kinds', job => unionNode([job.jsonl('l', 40, SCHEMA), job.text('m', 40)])],
])('a left that is %s may have any column', (_, left) => {
  expect(fixed(job => joined(left(job), job.jsonl('r', 2)))).toContain('exchange none')
})

const none = { suffix: undefined } as unknown as Partial<JoinNode>
const key = { kind: 'column', column: 'k', direction: 'asc', nulls: 'last' } as const
