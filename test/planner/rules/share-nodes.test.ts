import { expect, test } from 'vitest'
import { mapNode, unionNode, withNode } from '../../../planner/index.ts'
import { shareNodes } from '../../../planner/rules/share-nodes.ts'
import { Job, result, write } from '../job.ts'
import { beforeAfter } from './before-after.ts'

test('a node with two readers is made once', () => {
  const job = new Job()
  const shared = mapNode(job.text('a'), job.fn('trim'))
  const outputs = [write(mapNode(shared, job.fn('left'))), result(mapNode(shared, job.fn('right')))]
  expect(beforeAfter(job, outputs, shareNodes)).toMatchInlineSnapshot(`
    "jsonl
      rows map #1 (2)
        @1 = rows map #0 (2)
          scan a/*.txt (2)
    result
      rows map #2 (2)
        @1
    --->
    jsonl
      rows map #1 (2)
        @1 = exchange none (2)
          rows map #0 (2)
            scan a/*.txt (2)
    result
      rows map #2 (2)
        @1"
  `)
})

test('a with does not make it another node', () => {
  const job = new Job()
  const shared = mapNode(job.text('a'), job.fn('trim'))
  expect(
    beforeAfter(job, [write(withNode(shared, { memoryMb: 512 })), result(shared)], shareNodes),
  ).toMatchInlineSnapshot(`
      "jsonl
        @1 = rows map #0 (2)
          scan a/*.txt (2)
      result
        @1
      --->
      jsonl
        @1 = exchange none (2)
          rows map #0 (2)
            scan a/*.txt (2)
      result
        @1"
    `)
})

test('a scan is read by each reader', () => {
  const job = new Job()
  const scan = job.text('a')
  const outputs = [write(mapNode(scan, job.fn('left'))), result(mapNode(scan, job.fn('right')))]
  expect(beforeAfter(job, outputs, shareNodes)).toMatchInlineSnapshot(`
    "jsonl
      rows map #0 (2)
        @1 = scan a/*.txt (2)
    result
      rows map #1 (2)
        @1
    --->
    jsonl
      rows map #0 (2)
        scan a/*.txt (2)
    result
      rows map #1 (2)
        scan a/*.txt (2)"
  `)
})

test('of a shared union only the inputs with work in them are made once', () => {
  const job = new Job()
  const union = unionNode([job.text('a'), mapNode(job.text('b'), job.fn('trim'))])
  const outputs = [write(mapNode(union, job.fn('left'))), result(union)]
  expect(beforeAfter(job, outputs, shareNodes)).toMatchInlineSnapshot(`
    "jsonl
      rows map #1 (4)
        @1 = union (4)
          scan a/*.txt (2)
          rows map #0 (2)
            scan b/*.txt (2)
    result
      @1
    --->
    jsonl
      rows map #1 (4)
        union (4)
          scan a/*.txt (2)
          @1 = exchange none (2)
            rows map #0 (2)
              scan b/*.txt (2)
    result
      union (4)
        scan a/*.txt (2)
        @1"
  `)
})

test('a union of a dataset with itself reads it twice', () => {
  const job = new Job()
  const shared = mapNode(job.text('a'), job.fn('trim'))
  expect(beforeAfter(job, [result(unionNode([shared, shared]))], shareNodes)).toMatchInlineSnapshot(`
    "result
      union (4)
        @1 = rows map #0 (2)
          scan a/*.txt (2)
        @1
    --->
    result
      union (4)
        @1 = exchange none (2)
          rows map #0 (2)
            scan a/*.txt (2)
        @1"
  `)
})
