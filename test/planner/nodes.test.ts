import { expect, test } from 'vitest'
import {
  aggregateNode,
  distinctByNode,
  functionsOf,
  joinNode,
  type LogicalNode,
  mapNode,
  nodesOf,
  repartitionNode,
  sampleNode,
  scanNode,
  scansOf,
  selectNode,
  setNode,
  sortNode,
  topNode,
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

const numbers = (end: number) => scanNode({ kind: 'range', start: 0, end, step: 1 })

test('a join is frozen with its pairs, and says only what it was asked', () => {
  const [left, right] = [numbers(1), numbers(2)]
  const on = [{ left: 'value', right: 'value' }]
  const node = joinNode({ left, right, how: 'inner', on, strategy: 'auto', divideSkew: 'auto' }, 'job.ts:1')
  expect([node, node.on, node.on[0]].every(Object.isFrozen)).toBe(true)
  expect(Object.isFrozen(on)).toBe(false)
  expect(Object.keys(node)).toEqual(['kind', 'left', 'right', 'how', 'on', 'strategy', 'divideSkew', 'at'])
})

test('a distinct by key is frozen with its keys', () => {
  const node = distinctByNode(numbers(1), [{ kind: 'column', column: 'value', as: 'value' }])
  expect([node, node.keys, node.keys[0]].every(Object.isFrozen)).toBe(true)
})

test('of two sides the left comes first', () => {
  const [a, b, c] = [numbers(1), numbers(2), numbers(3)]
  const [f, g] = [() => 1, () => 2]
  const left = setNode('except', mapNode(a, f), b)
  const right = mapNode(c, g)
  const how = { how: 'semi', on: [], strategy: 'auto', divideSkew: 'auto' } as const
  const outputs = [{ kind: 'result', input: joinNode({ left, right, ...how }) }] as const
  expect(scansOf({ outputs })).toEqual([a, b, c])
  expect(functionsOf({ outputs })).toEqual([f, g])
})

test('functions by which rows are ordered or compared are functions of the plan', () => {
  const [f, g, h] = [() => 1, () => 2, () => 3]
  const key = (fn: () => number) => ({ kind: 'function', fn, direction: 'asc', nulls: 'last' }) as const
  const sorted = sortNode(numbers(3), [key(f), { ...key(g), kind: 'column', column: 'value' }])
  const top = topNode(sorted, [key(g)], 5)
  const input = distinctByNode(top, [{ kind: 'function', fn: h, as: 'k' }])
  expect(functionsOf({ outputs: [{ kind: 'result', input }] })).toEqual([f, g, h])
})

test('what orders, samples and divides rows is frozen, and says only what it was asked', () => {
  const keys = [{ kind: 'column', column: 'value', direction: 'desc', nulls: 'last' }] as const
  const [sort, top] = [sortNode(numbers(1), keys), topNode(numbers(1), keys, 3, 'job.ts:1')]
  expect([sort, sort.keys, sort.keys[0], top, top.keys[0]].every(Object.isFrozen)).toBe(true)
  expect([Object.keys(sort), Object.keys(top)]).toEqual([
    ['kind', 'input', 'keys'],
    ['kind', 'input', 'keys', 'rows', 'at'],
  ])
  expect(sampleNode(numbers(1), 0.5, 7)).toEqual({
    kind: 'sample',
    input: numbers(1),
    fraction: 0.5,
    seed: 7,
  })
  expect(Object.keys(repartitionNode(numbers(1), 2))).toEqual(['kind', 'input', 'partitions'])
  const divided = repartitionNode(numbers(1), 2, ['value'])
  expect([divided, divided.keys].every(Object.isFrozen)).toBe(true)
  expect(divided.keys).toEqual(['value'])
})
