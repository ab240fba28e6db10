import { expect, test } from 'vitest'
import { aggregateNode, type ListedObject, type Listing, plan, scanNode } from '../../planner/index.ts'
import { Job, MIB, write } from './job.ts'

/** Word count over a listing of so many objects, and how often planning looked at a size. */
function planOf(objects: number) {
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
  const keys = [{ kind: 'column', column: 'value', as: 'value' } as const]
  const counts = aggregateNode(scan, keys, [{ as: 'n', spec: { op: 'count' } }], 'object')
  const started = performance.now()
  const planned = plan({ outputs: [write(counts, 'csv')] }, facts)
  return { planned, looks, ms: performance.now() - started }
}

test('ten times the tasks are ten times the work, and the same plan', () => {
  const [small, large] = [planOf(10_000), planOf(100_000)]
  expect([small, large].map(({ planned }) => planned.plan.stages[0]!.tasks)).toEqual([10_000, 100_000])
  expect(large.looks).toBe(10 * small.looks)
  const shape = (text: string) => text.replaceAll(/\d{3,}|[0-9a-f]{64}/g, 'N')
  expect(shape(large.planned.text)).toBe(shape(small.planned.text))
  console.info(`planned 10,000 tasks in ${small.ms.toFixed(0)} ms, 100,000 in ${large.ms.toFixed(0)} ms`)
})
