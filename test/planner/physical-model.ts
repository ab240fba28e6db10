/** What plans mean, on arrays: the physical plan stage by stage and task by task. */
import type { AggregationSpec, OperatorSpec, Partitioning, SortKeySpec } from '../../operators/index.ts'
import type { Planned, Split, Stage, StageId, UserFunction } from '../../planner/index.ts'
import { partitionsOf, rootOfTask } from '../../planner/index.ts'
import { columnsOfJoin, joinedRows } from './join-model.ts'
import { compareKeys, firstOfEach, groups, type Row, type RowFn, sample, select, total } from './model.ts'

const keyOf = (row: Row, keys: readonly SortKeySpec[]): unknown[] =>
  keys.map(({ column }) => row[column] ?? null)

function sorted(rows: readonly Row[], keys: readonly SortKeySpec[]): Row[] {
  return [...rows].sort((a, b) => compareKeys(keyOf(a, keys), keyOf(b, keys), keys))
}

/** Where a row stands among all: its key, then the task that has it, then its number there. */
interface Position {
  readonly key: readonly unknown[]
  readonly task: number
  readonly row: number
}
const comparePositions = (a: Position, b: Position, keys: readonly SortKeySpec[]): number =>
  compareKeys(a.key, b.key, keys) || a.task - b.task || a.row - b.row

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

/** What a task has: the rows of its inputs, the shipped functions, and its number. */
interface Task {
  readonly inputs: readonly (Row[] | null)[]
  readonly functions: readonly UserFunction[]
  readonly index: number
  /** The columns of each input, of the stage and not of the task. */
  readonly columns: Columns
}
type Columns = (input: number) => readonly string[]

/** The columns that the rows have, even if there is none. */
function columnsOf(spec: OperatorSpec, ofInput: Columns): readonly string[] {
  switch (spec.op) {
    case 'input':
      return ofInput(spec.input)
    case 'union':
      return columnsOf(spec.inputs[0]!, ofInput)
    case 'join':
      return columnsOfJoin(spec, columnsOf(spec.inputs[0], ofInput), columnsOf(spec.inputs[1], ofInput))
    case 'select':
      return spec.columns.map(({ as }) => as)
    case 'aggregate':
      if (spec.keys === 'all') break
      return [...spec.keys, ...spec.aggregations].map(({ as }) => as)
    case 'rows':
    case 'asyncRows':
      // Functions give rows of all columns; filters may be given rows that lack some.
      if (spec.steps.every(({ kind }) => kind === 'filter')) break
      return ['a', 'b', 'c']
    case 'addColumns':
      return [...columnsOf(spec.input, ofInput), ...spec.columns.map(({ as }) => as)]
    case 'dropColumns':
      return columnsOf(spec.input, ofInput).filter(name => !spec.columns.includes(name))
    default:
      break
  }
  return columnsOf(spec.input, ofInput)
}

function specRows(spec: OperatorSpec, task: Task): Row[] {
  if (spec.op === 'input') return task.inputs[spec.input]!
  if (spec.op === 'union') throw new Error('a task reads one input of a union only')
  if (spec.op === 'join') {
    const [left, right] = spec.inputs.map(input => ({
      rows: specRows(input, task),
      columns: columnsOf(input, task.columns),
    }))
    return joinedRows(spec, left!, right!)
  }
  let rows = specRows(spec.input, task)
  const { functions } = task
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
    case 'sort':
      return sorted(rows, spec.keys)
    case 'top':
      return sorted(rows, spec.keys).slice(0, spec.rows)
    case 'sampleKeys':
      return sampleKeys(spec, rows, task.index)
    case 'splitters':
      return splitters(spec, rows)
    case 'sample':
      return sample(rows, spec.fraction)
    case 'addColumns':
      return rows.map(row => ({
        ...row,
        ...Object.fromEntries(
          spec.columns.map(({ as, fn }) => [as, (functions[fn.fn] as unknown as RowFn)(row)]),
        ),
      }))
    case 'dropColumns':
      return rows.map(row =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !spec.columns.includes(name))),
      )
    case 'distinctBy':
      return firstOfEach(rows, row => spec.keys.map(name => row[name]))
    default:
      throw new Error(`the model does not know ${spec.op}`)
  }
}

/** The directions of the keys go along: the model's splitters compare values, and have no encoding to lean on. */
function sampleKeys(spec: Extract<OperatorSpec, { op: 'sampleKeys' }>, rows: Row[], task: number): Row[] {
  const every = Math.max(1, Math.ceil(rows.length / spec.rows))
  return rows.flatMap((row, i) =>
    i % every === 0
      ? [{ key: keyOf(row, spec.keys), task, row: i / spec.fraction, keys: spec.keys } as Row]
      : [],
  )
}

function splitters(spec: Extract<OperatorSpec, { op: 'splitters' }>, rows: Row[]): Row[] {
  const positions = rows as unknown as (Position & { keys: readonly SortKeySpec[] })[]
  const inOrder = [...positions].sort((a, b) => comparePositions(a, b, a.keys))
  return Array.from(
    { length: inOrder.length === 0 ? 0 : spec.partitions - 1 },
    (_, i) => inOrder[Math.floor(((i + 1) * inOrder.length) / spec.partitions)]! as unknown as Row,
  )
}

function hash(text: string): number {
  let h = 7
  for (const c of text) h = (h * 31 + c.charCodeAt(0)) >>> 0
  return h
}

/** The partitions that a row goes to; `at` is where it stands in the stage that writes. */
function partitionsOfRow(
  row: Row,
  partitioning: Partitioning,
  at: { readonly task: number; readonly row: number },
  positions: readonly Position[],
): number[] {
  switch (partitioning.kind) {
    case 'none':
      return [at.task]
    case 'gather':
    case 'broadcast':
      return [0]
    case 'hash': {
      const { keys, partitions } = partitioning
      return [hash(JSON.stringify(keys === 'all' ? row : keys.map(key => row[key] ?? null))) % partitions]
    }
    case 'range': {
      const { keys, replicate } = partitioning
      const position = { key: keyOf(row, keys), ...at }
      if (replicate === undefined)
        return [positions.filter(one => comparePositions(one, position, keys) <= 0).length]
      const first = positions.filter(one => compareKeys(one.key, position.key, keys) < 0).length
      const last = positions.filter(one => compareKeys(one.key, position.key, keys) <= 0).length
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    }
  }
}

/** Physical meaning: the rows of each output. Columns that are pruned are really not there. */
export function physicalRows(
  planned: Planned,
  rowsOfSplit: (stage: Stage, input: number, split: Split) => readonly Row[],
  functions: readonly UserFunction[],
): Row[][] {
  const exchanged = new Map<StageId, Row[][]>()
  const columns = new Map<StageId, readonly string[]>()
  const outputs: Row[][] = []
  for (const stage of planned.plan.stages) {
    const { output } = stage
    const ofInput = (i: number): readonly string[] => {
      const input = stage.inputs[i]!
      return input.kind === 'exchange' ? columns.get(input.from)! : (input.columns ?? ['a', 'b', 'c'])
    }
    columns.set(stage.id, columnsOf(stage.root, ofInput))
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
      const rows = specRows(rootOfTask(stage, task), { inputs, functions, index: task, columns: ofInput })
      if (output.kind !== 'exchange') {
        partitions[0]!.push(...rows)
        continue
      }
      const { partitioning } = output
      const positions = partitioning.kind === 'range' ? inputs[partitioning.splitters]! : []
      for (const [i, row] of rows.entries()) {
        const to = partitionsOfRow(row, partitioning, { task, row: i }, positions as unknown as Position[])
        for (const partition of to) partitions[partition]!.push(row)
      }
    }
    if (output.kind === 'exchange') exchanged.set(stage.id, partitions)
    else outputs[output.output] = partitions[0]!.slice(0, stage.until?.rows)
  }
  return outputs
}
