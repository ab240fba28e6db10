import { expect, test } from 'vitest'
import { mapNode, sortNode, unionNode, withNode } from '../../../planner/index.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
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

test('rows that are sorted and read by others too are made once', () => {
  const job = new Job()
  const made = mapNode(job.jsonl('a', 3), job.fn('f'))
  const sorted = sortNode(made, [{ kind: 'column', column: 'x', direction: 'asc', nulls: 'last' }])
  expect(
    beforeAfter(job, [write(sorted), result(made)], [placeExchanges, shareNodes], { partitions: 2 }).split(
      '--->\n',
    )[1],
  ).toMatchInlineSnapshot(`
    "jsonl
      sort by "x" asc nulls last (2)
        exchange range("x" asc nulls last; 2) (2)
          @1 = exchange none (3)
            rows map #0 (3)
              scan a/*.jsonl (3)
          exchange broadcast (1)
            splitters 2 (1)
              exchange gather (1)
                sampleKeys 171 of 1, key bytes 8388608, by "x" asc nulls last (3)
                  @1
    result
      @1"
  `)
})

test('a union of them needs no writing of its own', () => {
  const job = new Job()
  const [f, g] = ['f', 'g'].map(name => mapNode(job.jsonl(name, 1), job.fn(name)))
  const union = unionNode([f!, g!])
  const sorted = sortNode(union, [{ kind: 'column', column: 'x', direction: 'asc', nulls: 'last' }])
  const outputs = [write(sorted), result(union)]
  const after = beforeAfter(job, outputs, [placeExchanges, shareNodes], { partitions: 2 })
  expect(after.match(/exchange none/g)).toHaveLength(2)
})
