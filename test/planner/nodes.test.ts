import { expect, test } from 'vitest'
import {
  aggregateNode,
  functionsOf,
  type LogicalNode,
  mapNode,
  nodesOf,
  scanNode,
  scansOf,
  selectNode,
  unionNode,
  withNode,
} from '../../planner/index.ts'

test('nodes are deeply frozen, what they were made from is not', () => {
  const columns = [{ from: 'a', as: 'b' }]
  const node = selectNode(
    scanNode({ kind: 'files', uris: ['in/'], format: { format: 'jsonl' } }),
    columns,
    'job.ts:1',
  )
  expect(
    [node, node.columns, node.columns[0], node.input, (node.input as { source: object }).source].every(
      Object.isFrozen,
    ),
  ).toBe(true)
  columns[0]!.as = 'c'
  expect(node.columns).toEqual([{ from: 'a', as: 'b' }])
  expect(() => Object.assign(node, { at: 'x' })).toThrow(TypeError)
})

test('values and functions stay as they are', () => {
  const values = [{ a: 1 }]
  const scan = scanNode({ kind: 'values', values })
  expect((scan.source as { values: unknown }).values).toBe(values)
  const fn = () => 1
  const spec = { op: 'user', init: fn, add: fn, merge: fn, finish: fn } as const
  const node = aggregateNode(scan, [{ kind: 'function', fn, as: 'k' }], [{ as: 'x', spec }], 'object')
  expect([values, values[0], fn].some(Object.isFrozen)).toBe(false)
  expect(node.aggregations[0]!.spec).toEqual(spec)
})

test('what is not known is not there', () => {
  expect(Object.keys(mapNode(scanNode({ kind: 'range', start: 0, end: 1, step: 1 }), () => 1))).toEqual([
    'kind',
    'input',
    'fn',
  ])
})

test('a column may be called __proto__', () => {
  const fields = [{ name: '__proto__', type: { kind: 'utf8' } as const }]
  const odd = JSON.parse('{ "__proto__": 1 }') as { memoryMb?: number }
  const scan = scanNode({ kind: 'values', values: [], schema: { shape: 'object', fields } })
  expect(Object.hasOwn(withNode(scan, odd).resources, '__proto__')).toBe(true)
})

test('scans and functions of a plan come once, in the order in which a record meets them', () => {
  const [f, g, h] = [() => 1, () => 2, () => 3]
  const a = scanNode({ kind: 'range', start: 0, end: 1, step: 1 })
  const b = scanNode({ kind: 'range', start: 0, end: 2, step: 1 })
  const shared = mapNode(a, f)
  const outputs = [unionNode([mapNode(shared, g), b]), mapNode(mapNode(shared, g), h)].map(input => ({
    kind: 'result' as const,
    input,
  }))
  expect(scansOf({ outputs })).toEqual([a, b])
  expect(functionsOf({ outputs })).toEqual([f, g, h])
  expect(nodesOf({ outputs }).indexOf(a)).toBe(0)
})

test('a node among its own inputs is refused', () => {
  const node = { kind: 'union', inputs: [] as LogicalNode[] }
  node.inputs.push(node as unknown as LogicalNode)
  const outputs = [{ kind: 'result' as const, input: node as unknown as LogicalNode }]
  expect(() => nodesOf({ outputs })).toThrow(expect.objectContaining({ code: 'INVALID_PLAN' }))
})
