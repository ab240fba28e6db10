import { expect, test } from 'vitest'
import { filterNode, flatMapNode, mapNode, selectNode } from '../../../planner/index.ts'
import { fuseRows } from '../../../planner/rules/fuse-rows.ts'
import { Job, result } from '../job.ts'
import { beforeAfter } from './before-after.ts'

test('neighbouring map, flatMap and filter become one operator, in order', () => {
  const job = new Job()
  const lines = flatMapNode(mapNode(job.text('a'), job.fn('trim')), job.fn('split'))
  expect(beforeAfter(job, [result(filterNode(lines, job.fn('long')))], fuseRows)).toMatchInlineSnapshot(`
    "result
      rows filter #2 (2)
        rows flatMap #1 (2)
          rows map #0 (2)
            scan a/*.txt (2)
    --->
    result
      rows map #0, flatMap #1, filter #2 (2)
        scan a/*.txt (2)"
  `)
})

test('a select in between keeps them apart', () => {
  const job = new Job()
  const select = selectNode(mapNode(job.text('a'), job.fn('parse')), [{ from: 'a', as: 'a' }])
  expect(beforeAfter(job, [result(mapNode(select, job.fn('text')))], fuseRows)).toContain('--- unchanged')
})
