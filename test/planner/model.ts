/** What plans mean, on arrays: the logical plan directly, and the physical plan stage by stage and task by task. */
import type { AggregationSpec, OperatorSpec, Partitioning } from '../../operators/index.ts'
import type {
  LogicalNode,
  Planned,
  ScanNode,
  Split,
  Stage,
  StageId,
  UserFunction,
} from '../../planner/index.ts'
import { partitionsOf, rootOfTask } from '../../planner/index.ts'

export type Row = Readonly<Record<string, unknown>>
type RowFn = (row: Row) => unknown

/** Rows by scan and object: `rowsOf(scan)[i]` are the rows of the listing's object i. */
export type Data = ReadonlyMap<ScanNode, readonly (readonly Row[])[]>

function select(rows: readonly Row[], columns: readonly { from: string; as: string }[]): Row[] {
  return rows.map(row => Object.fromEntries(columns.map(({ from, as }) => [as, row[from] ?? null])))
}

function groups(rows: readonly Row[], keyOf: (row: Row) => unknown): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const key = JSON.stringify(keyOf(row))
    const group = found.get(key)
    if (group === undefined) found.set(key, [row])
    else group.push(row)
  }
  return found
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
const total = (rows: readonly Row[], column: string): number =>
  rows.reduce((sum, row) => sum + number(row[column]), 0)

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
      return logicalRows(node.input, data)
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

function aggregateSpec(
  spec: Extract<OperatorSpec, { op: 'aggregate' }>,
  rows: Row[],
  functions: readonly UserFunction[],
): Row[] {
  const { keys, phase } = spec
  if (keys === 'all') return [...groups(rows, row => row).values()].map(([row]) => row!)
  const key = (row: Row) =>
    keys.map(one =>
      one.kind === 'column' ? (row[one.column] ?? null) : (functions[one.fn.fn] as unknown as RowFn)(row),
    )
  const found = groups(rows, key)
  if (keys.length === 0 && found.size === 0) found.set('[]', [])
  const value = (one: AggregationSpec, as: string, group: Row[]): number => {
    if (phase === 'final') return total(group, as)
    return one.op === 'count' ? group.length : total(group, (one as { column: string }).column)
  }
  return [...found].map(([text, group]) => ({
    ...Object.fromEntries(keys.map(({ as }, i) => [as, (JSON.parse(text) as unknown[])[i]])),
    ...Object.fromEntries(spec.aggregations.map(one => [one.as, value(one.spec, one.as, group)])),
  }))
}

function specRows(
  spec: OperatorSpec,
  inputs: readonly (Row[] | null)[],
  functions: readonly UserFunction[],
): Row[] {
  if (spec.op === 'input') return inputs[spec.input]!
  if (spec.op === 'union') throw new Error('a task reads one input of a union only')
  let rows = specRows(spec.input, inputs, functions)
  switch (spec.op) {
    case 'rows':
    case 'asyncRows':
      for (const { kind, fn } of spec.steps) {
        const call = functions[fn.fn] as unknown as RowFn
        if (kind === 'filter') rows = rows.filter(row => call(row))
        else
          rows = kind === 'map' ? rows.map(row => call(row) as Row) : rows.flatMap(row => call(row) as Row[])
      }
      return rows
    case 'select':
      return select(rows, spec.columns)
    case 'limit':
      return rows.slice(0, spec.rows)
    case 'aggregate':
      return aggregateSpec(spec, rows, functions)
    default:
      throw new Error(`the model does not know ${spec.op}`)
  }
}

function hash(text: string): number {
  let h = 7
  for (const c of text) h = (h * 31 + c.charCodeAt(0)) >>> 0
  return h
}

function partitionOf(row: Row, partitioning: Partitioning, task: number): number {
  if (partitioning.kind === 'none') return task
  if (partitioning.kind === 'gather') return 0
  const { keys, partitions } = partitioning
  return hash(JSON.stringify(keys === 'all' ? row : keys.map(key => row[key]))) % partitions
}

/** Physical meaning: the rows of each output. Columns that are pruned are really not there. */
export function physicalRows(
  planned: Planned,
  rowsOfSplit: (stage: Stage, input: number, split: Split) => readonly Row[],
  functions: readonly UserFunction[],
): Row[][] {
  const exchanged = new Map<StageId, Row[][]>()
  const outputs: Row[][] = []
  for (const stage of planned.plan.stages) {
    const { output } = stage
    const partitions: Row[][] = Array.from(
      { length: output.kind === 'exchange' ? output.partitions : 1 },
      () => [],
    )
    for (let task = 0; task < stage.tasks; task++) {
      const inputs = partitionsOf(stage, task).map((partition, i): Row[] | null => {
        if (partition === null) return null
        const input = stage.inputs[i]!
        if (input.kind === 'exchange') return exchanged.get(input.from)![partition]!
        const rows = rowsOfSplit(stage, i, planned.splits.get(stage.id)![i]![partition]!)
        return rows.map(row =>
          input.columns === undefined
            ? row
            : Object.fromEntries(input.columns.flatMap(name => (name in row ? [[name, row[name]]] : []))),
        )
      })
      for (const row of specRows(rootOfTask(stage, task), inputs, functions)) {
        const to = output.kind === 'exchange' ? partitionOf(row, output.partitioning, task) : 0
        partitions[to]!.push(row)
      }
    }
    if (output.kind === 'exchange') exchanged.set(stage.id, partitions)
    else outputs[output.output] = partitions[0]!.slice(0, stage.until?.rows)
  }
  return outputs
}
