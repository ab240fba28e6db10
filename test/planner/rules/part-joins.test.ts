import { expect, test } from 'vitest'
import { type JoinNode, joinNode, type LogicalNode, mapNode, unionNode } from '../../../planner/index.ts'
import { partJoins } from '../../../planner/rules/part-joins.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
import { Job, result } from '../job.ts'
import { beforeAfter } from './before-after.ts'

function joined(job: Job, strategy: JoinNode['strategy']): LogicalNode {
  const on = [{ left: 'a', right: 'a' }]
  const sides = { left: job.jsonl('l', 3), right: job.jsonl('r', 2) }
  return joinNode({ ...sides, how: 'inner', on, strategy, divideSkew: false })
}

const after = (job: Job, root: LogicalNode) =>
  beforeAfter(job, [result(root)], [placeExchanges, partJoins], { partitions: 2 }).split('--->\n')[1]

test('a join of two divided inputs is made before the union, the steps above it in it', () => {
  const job = new Job()
  const union = unionNode([mapNode(joined(job, 'exchange'), job.fn('f')), job.jsonl('more', 1)])
  expect(after(job, union)).toMatchInlineSnapshot(`
    "result
      union (3)
        rows map #0 (2)
          exchange none (2)
            join inner on ["a" = "a"] build right (2)
              exchange hash("a"; 2) (2)
                scan l/*.jsonl (3)
              exchange hash("a"; 2) (2)
                scan r/*.jsonl (2)
        scan more/*.jsonl (1)"
  `)
})

test('a broadcast join is part of the union', () => {
  const job = new Job()
  expect(after(job, unionNode([joined(job, 'broadcast'), job.jsonl('more', 1)]))).toMatchInlineSnapshot(`
    "result
      union (4)
        join inner on ["a" = "a"] build right (3)
          scan l/*.jsonl (3)
          exchange broadcast (1)
            scan r/*.jsonl (2)
        scan more/*.jsonl (1)"
  `)
})

test('a join above a union stays', () => {
  const job = new Job()
  const left = unionNode([job.jsonl('a'), job.jsonl('b')])
  const on = [{ left: 'a', right: 'a' }]
  const sides = { left, right: job.jsonl('r', 2) }
  const join = joinNode({ ...sides, how: 'inner', on, strategy: 'exchange', divideSkew: false })
  expect(after(job, join)).not.toContain('none')
})

test('a join in one task is made before the union too, but not again for the join above it', () => {
  const job = new Job()
  const on = [{ left: 'a', right: 'a' }]
  const one = (name: string) => job.jsonl(name, 1)
  const join = (left: LogicalNode, right: LogicalNode, strategy: JoinNode['strategy']) =>
    joinNode({ left, right, how: 'inner', on, strategy, divideSkew: false })
  const inner = join(one('a'), one('b'), 'exchange')
  const outer = join(inner, one('c'), 'exchange')
  const above = join(outer, job.jsonl('d', 2), 'broadcast')
  expect(after(job, unionNode([above, one('more')]))).toMatchInlineSnapshot(`
    "result
      union (2)
        join inner on ["a" = "a"] build right (1)
          exchange none (1)
            join inner on ["a" = "a"] build right (1)
              join inner on ["a" = "a"] build right (1)
                scan a/*.jsonl (1)
                scan b/*.jsonl (1)
              scan c/*.jsonl (1)
          exchange broadcast (1)
            scan d/*.jsonl (2)
        scan more/*.jsonl (1)"
  `)
})
