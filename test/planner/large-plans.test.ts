import { expect, test } from 'vitest'
import {
  aggregateNode,
  type ListedObject,
  type Listing,
  type LogicalNode,
  plan,
  type StageId,
  scanNode,
  sortNode,
} from '../../planner/index.ts'
import { Job, MIB, write } from './job.ts'

const KEYS = [{ kind: 'column', column: 'value', as: 'value' } as const]
const counts = (scan: LogicalNode): LogicalNode =>
  aggregateNode(scan, KEYS, [{ as: 'n', spec: { op: 'count' } }], 'object')
const sorted = (scan: LogicalNode): LogicalNode =>
  sortNode(scan, [{ kind: 'column', column: 'value', direction: 'asc', nulls: 'last' }])

/** A job over a listing of so many objects, and how often planning looked at a size. */
function planOf(objects: number, job: (scan: LogicalNode) => LogicalNode) {
  let looks = 0
  const listed = Array.from(
    { length: objects },
    (_, i): ListedObject => ({
      root: 's3://bucket/',
      key: `logs/${i}.txt`,
      version: 'v',
      get sizeBytes() {
        looks++
        return 64 * MIB
      },
    }),
  )
  const format = { format: 'text', onInvalid: 'replace' } as const
  const scan = scanNode({ kind: 'files', uris: ['s3://bucket/logs/'], format })
  const facts = { ...new Job().facts, listings: new Map([[scan, { objects: listed } satisfies Listing]]) }
  const started = performance.now()
  const planned = plan({ outputs: [write(job(scan), 'csv')] }, facts)
  return { planned, looks, ms: performance.now() - started }
}

test.each([
  ['a word count', counts],
  ['a sort', sorted],
])('ten times the tasks of %s are ten times the work, and the same plan', (name, job) => {
  const [small, large] = [planOf(10_000, job), planOf(100_000, job)]
  expect([small, large].map(({ planned }) => planned.plan.stages[0]!.tasks)).toEqual([10_000, 100_000])
  expect(large.looks).toBe(10 * small.looks)
  const shape = (text: string) => text.replaceAll(/[0-9a-f]{64}|\d{3,}/g, 'N')
  expect(shape(large.planned.text)).toBe(shape(small.planned.text))
  // The driver holds the pieces of samples, however many tasks read them.
  const read = large.planned.splits.get(0 as StageId)![0]!
  expect(read.reduce((sum, { ranges }) => sum + ranges.length, 0)).toBe(100_000)
  console.info(
    `planned ${name} of 10,000 tasks in ${small.ms.toFixed(0)} ms, of 100,000 in ${large.ms.toFixed(0)} ms`,
  )
})
