import { expect, test } from 'vitest'
import { filterNode, flatMapNode, mapNode } from '../../../planner/index.ts'
import { cutAsync } from '../../../planner/rules/cut-async.ts'
import { fuseRows } from '../../../planner/rules/fuse-rows.ts'
import { Job, result } from '../job.ts'
import { beforeAfter } from './before-after.ts'

test('async functions stand apart from their neighbours', () => {
  const job = new Job()
  const trimmed = mapNode(job.text('a'), job.fn('trim'))
  const fetched = mapNode(trimmed, job.fn('fetchPage', { async: true }))
  const links = flatMapNode(fetched, job.fn('fetchLinks', { async: true }))
  const kept = filterNode(links, job.fn('isNew'))
  expect(beforeAfter(job, [result(kept)], [cutAsync, fuseRows])).toMatchInlineSnapshot(`
    "result
      rows filter #3 (2)
        rows flatMap #2 (2)
          rows map #1 (2)
            rows map #0 (2)
              scan a/*.txt (2)
    --->
    result
      rows filter #3 (2)
        asyncRows map #1, flatMap #2 (2)
          rows map #0 (2)
            scan a/*.txt (2)"
  `)
})
