import { expect, test } from 'vitest'
import { mapNode, unionNode, withNode } from '../../../planner/index.ts'
import { flattenUnions } from '../../../planner/rules/flatten-unions.ts'
import { Job, result } from '../job.ts'
import { beforeAfter } from './before-after.ts'

test('unions of unions become one, inputs in order', () => {
  const job = new Job()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => job.text(name, 1)) as [never, never, never, never]
  const nested = unionNode([unionNode([a, unionNode([b, c])]), d])
  expect(beforeAfter(job, [result(nested)], flattenUnions)).toMatchInlineSnapshot(`
    "result
      union (4)
        union (3)
          scan a/*.txt (1)
          union (2)
            scan b/*.txt (1)
            scan c/*.txt (1)
        scan d/*.txt (1)
    --->
    result
      union (4)
        scan a/*.txt (1)
        scan b/*.txt (1)
        scan c/*.txt (1)
        scan d/*.txt (1)"
  `)
})

test('a union of one is that one from the start, also under a with', () => {
  const job = new Job()
  const map = mapNode(job.text('a'), job.fn('trim'))
  expect(
    beforeAfter(job, [result(withNode(unionNode([map]), { memoryMb: 512 })), result(map)], flattenUnions),
  ).toMatchInlineSnapshot(`
      "result
        @1 = rows map #0 (2)
          scan a/*.txt (2)
      result
        @1
      --- unchanged"
    `)
})
