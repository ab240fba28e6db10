/** What pipelines mean, on arrays: the logical plan directly. */
import type { SortKeySpec } from '../../operators/index.ts'
import type { LogicalNode, LogicalSortKey, ScanNode } from '../../planner/index.ts'
import { joinedRows } from './join-model.ts'

export type Row = Readonly<Record<string, unknown>>
export type RowFn = (row: Row) => unknown

/** Rows by scan and object: `rowsOf(scan)[i]` are the rows of the listing's object i. */
export type Data = ReadonlyMap<ScanNode, readonly (readonly Row[])[]>

export function select(rows: readonly Row[], columns: readonly { from: string; as: string }[]): Row[] {
  return rows.map(row => Object.fromEntries(columns.map(({ from, as }) => [as, row[from] ?? null])))
}

export function groups(rows: readonly Row[], keyOf: (row: Row) => unknown): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const key = JSON.stringify(keyOf(row))
    const group = found.get(key)
    if (group === undefined) found.set(key, [row])
    else group.push(row)
  }
  return found
}

export function firstOfEach(rows: readonly Row[], keyOf: (row: Row) => unknown[]): Row[] {
  return [...groups(rows, row => keyOf(row).map(value => value ?? null)).values()].map(([row]) => row!)
}

/** By numbers only, which is what the jobs' rows have; missing is null. */
export function compareKeys(
  a: readonly unknown[],
  b: readonly unknown[],
  keys: readonly Pick<SortKeySpec, 'direction' | 'nulls'>[],
): number {
  for (const [i, { direction, nulls }] of keys.entries()) {
    const [x, y] = [a[i] ?? null, b[i] ?? null]
    if (x === null || y === null) {
      if (x === y) continue
      return (x === null) === (nulls === 'first') ? -1 : 1
    }
    if (x !== y) return (Number(x) < Number(y) ? -1 : 1) * (direction === 'asc' ? 1 : -1)
  }
  return 0
}

/** The keys' values are called for, whatever they are. */
function logicallySorted(rows: readonly Row[], keys: readonly LogicalSortKey[]): Row[] {
  const values = rows.map(row => ({
    row,
    key: keys.map(key => (key.kind === 'column' ? row[key.column] : (key.fn as unknown as RowFn)(row))),
  }))
  return values.sort((a, b) => compareKeys(a.key, b.key, keys)).map(({ row }) => row)
}

export const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
export const total = (rows: readonly Row[], column: string): number =>
  rows.reduce((sum, row) => sum + number(row[column]), 0)

/** Which rows are chosen depends on the tasks, so the jobs choose all or none. */
export function sample(rows: Row[], fraction: number): Row[] {
  return fraction === 1 ? rows : []
}

/** Logical meaning. Functions are called as they are. */
export function logicalRows(node: LogicalNode, data: Data): Row[] {
  switch (node.kind) {
    case 'scan':
      return data.get(node)!.flat()
    case 'map':
      return logicalRows(node.input, data).map(row => (node.fn as unknown as RowFn)(row) as Row)
    case 'flatMap':
      return logicalRows(node.input, data).flatMap(row => (node.fn as unknown as RowFn)(row) as Row[])
    case 'filter':
      return logicalRows(node.input, data).filter(row => (node.fn as unknown as RowFn)(row))
    case 'select':
      return select(logicalRows(node.input, data), node.columns)
    case 'union':
      return node.inputs.flatMap(input => logicalRows(input, data))
    case 'limit':
      return logicalRows(node.input, data).slice(0, node.rows)
    case 'with':
    case 'repartition':
      return logicalRows(node.input, data)
    case 'sort':
      return logicallySorted(logicalRows(node.input, data), node.keys)
    case 'top':
      return logicallySorted(logicalRows(node.input, data), node.keys).slice(0, node.rows)
    case 'sample':
      return sample(logicalRows(node.input, data), node.fraction)
    case 'distinctBy': {
      const key = (row: Row) =>
        node.keys.map(one => (one.kind === 'column' ? row[one.column] : (one.fn as unknown as RowFn)(row)))
      return firstOfEach(logicalRows(node.input, data), key)
    }
    case 'join': {
      const side = (input: LogicalNode) => ({ rows: logicalRows(input, data), columns: ['a', 'b', 'c'] })
      return joinedRows({ ...node, nullsEqual: false }, side(node.left), side(node.right))
    }
    case 'intersect':
    case 'except': {
      const whole = (row: Row) => ['a', 'b', 'c'].map(name => row[name])
      const right = groups(logicalRows(node.right, data), whole)
      const left = groups(logicalRows(node.left, data), whole)
      const chosen = [...left].filter(([text]) => right.has(text) === (node.kind === 'intersect'))
      return chosen.map(([, [row]]) => row!)
    }
    case 'aggregate': {
      const { keys, aggregations } = node
      const rows = logicalRows(node.input, data)
      if (keys === 'all') return [...groups(rows, row => row).values()].map(([row]) => row!)
      const key = (row: Row) =>
        keys.map(one =>
          one.kind === 'column' ? (row[one.column] ?? null) : (one.fn as unknown as RowFn)(row),
        )
      const found = groups(rows, key)
      if (keys.length === 0 && found.size === 0) found.set('[]', [])
      return [...found].map(([text, group]) => ({
        ...Object.fromEntries(keys.map(({ as }, i) => [as, (JSON.parse(text) as unknown[])[i]])),
        ...Object.fromEntries(
          aggregations.map(({ as, spec }) => [
            as,
            spec.op === 'count' ? group.length : total(group, (spec as { column: string }).column),
          ]),
        ),
      }))
    }
    default:
      throw new Error(`the model does not know ${node.kind}`)
  }
}
