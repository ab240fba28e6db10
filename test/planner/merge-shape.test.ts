import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aggregateNode, explainText, plan } from '../../planner/index.ts'
import { afterMerge, mergedBy, mergeShape, mergeTasks, producerGroups } from '../../planner/merge-shape.ts'
import { Job, write } from './job.ts'

const counts = fc.integer({ min: 2, max: 60 })

test('every slice is merged once, and who reads a partition finds its producers in their order', () => {
  fc.assert(
    fc.property(counts, counts, (producers, partitions) => {
      const shape = mergeShape(producers, partitions)
      const seen = new Set<string>()
      for (let task = 0; task < mergeTasks(shape); task++) {
        const merged = mergedBy(shape, task)
        for (let p = merged.partitions.from; p < merged.partitions.to; p++)
          for (let m = merged.producers.from; m < merged.producers.to; m++) {
            expect(seen.has(`${m}/${p}`)).toBe(false)
            seen.add(`${m}/${p}`)
          }
      }
      expect(seen.size).toBe(producers * partitions)
      for (let partition = 0; partition < partitions; partition++) {
        const { tasks, row } = afterMerge(shape, partition)
        let next = 0
        for (let task = tasks.from; task < tasks.to; task++) {
          const merged = mergedBy(shape, task)
          expect(merged.partitions.from + row).toBe(partition)
          expect(merged.producers.from).toBe(next)
          next = merged.producers.to
        }
        expect(next).toBe(producers)
      }
    }),
  )
})

test('a shuffle of 2,500 by 2,500 is merged fifty by fifty', () => {
  const shape = mergeShape(2_500, 2_500)
  expect([producerGroups(shape), mergeTasks(shape)]).toEqual([50, 2_500])
})

const job = new Job()
const keys = [{ kind: 'column', column: 'value', as: 'value' } as const]
const grouped = aggregateNode(job.text('a', 9), keys, [{ as: 'n', spec: { op: 'count' } }], 'object')
const planOf = (exchange?: 'direct' | 'two-level') =>
  plan({ outputs: [write(grouped, 'csv')] }, job.facts, { partitions: 5, ...(exchange && { exchange }) })

test('stages keep their numbers where a merge is put between them, and the text tells the merge', () => {
  const direct = planOf()
  expect(planOf('direct').text).toBe(direct.text)
  const merged = planOf('two-level')
  expect(merged.plan.stages.map(({ id, tasks }) => [id, tasks])).toEqual([
    [0, 9],
    [2, 6],
    [1, 5],
  ])
  expect(merged.plan.waves).toEqual([[0], [2], [1]])
  expect(merged.plan.fingerprint).not.toBe(direct.plan.fingerprint)
  expect(merged.text.split('\n').filter(line => line.includes('merge'))).toMatchInlineSnapshot(`
    [
      "  input 0: stage 0, 5 partitions, hash("value"; 5), merge 9 x 5 by 3 x 3",
      "  output: hash("value"; 5), 5 partitions, merged 9 x 5 by 3 x 3",
      "  input 0: stage 2, 5 partitions, hash("value"; 5), merged 9 x 5 by 3 x 3",
    ]
  `)
})

test('explain tells how slices are merged', () => {
  const text = explainText(planOf('two-level'), job.facts)
  expect(text.slice(text.indexOf('stage 2 ·'), text.indexOf('stage 1 ·'))).toMatchInlineSnapshot(`
    "stage 2 · 6 tasks of 256 MB
      read    stage 0, 5 partitions, of 9 producers each
      do      merge slices, in the order of their producers
      give    the same 5 partitions, 3 slices each → stage 1
      note    two-level: 9 slices a partition become 3, of 5 partitions
      about   944 kB read · 18 to 44 GETs, 7 to 13 PUTs · under 0.1 s · under
              $0.0001

    "
  `)
})

test('another kind of exchange than there is is refused', () => {
  expect(() => plan({ outputs: [write(grouped)] }, job.facts, { exchange: 'three' as 'direct' })).toThrow(
    "exchange must be 'direct' or 'two-level', not \"three\"",
  )
})
