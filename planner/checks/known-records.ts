/** What is known of a node's records before anything runs: their shape and columns, or nothing. */
import type { RecordShape, Schema } from '../../operators/index.ts'
import { joinedColumns } from '../joined-columns.ts'
import type { AggregateNode, JoinNode, LogicalNode, Source } from '../logical.ts'

export interface KnownRecords {
  readonly shape: RecordShape
  readonly columns: readonly string[]
}

const SCALARS: KnownRecords = { shape: 'scalar', columns: ['value'] }
/** Fixed-length records: the key is a part of the value, and all of it where nothing else was said. */
const RECORDS: KnownRecords = { shape: 'record', columns: ['key', 'value'] }
const PAIRS: KnownRecords = { shape: 'pair', columns: ['key', 'value'] }

function ofSchema(schema: Schema | undefined): KnownRecords | null {
  if (schema === undefined) return null
  return schema.shape === 'record'
    ? RECORDS
    : { shape: schema.shape, columns: schema.fields.map(({ name }) => name) }
}

function ofSource(source: Source): KnownRecords | null {
  if (source.kind === 'range') return SCALARS
  if (source.kind === 'values') return ofSchema(source.schema)
  const { format } = source
  if (format.format === 'text' || format.format === 'range') return SCALARS
  if (format.format === 'records') return RECORDS
  return format.format === 'jsonl' ? ofSchema(format.schema) : null
}

function ofAggregate(node: AggregateNode, input: KnownRecords | null): KnownRecords | null {
  if (node.keys === 'all') return input
  switch (node.shape) {
    case 'scalar':
      return SCALARS
    case 'pair':
      return PAIRS
    case 'object':
      return { shape: 'object', columns: [...node.keys, ...node.aggregations].map(({ as }) => as) }
  }
}

function ofJoin(node: JoinNode, left: KnownRecords | null, right: KnownRecords | null): KnownRecords | null {
  if (node.how === 'semi' || node.how === 'anti') return left
  if (left === null || right === null) return null
  const columns = joinedColumns(columnsInJoin(left, node, 'left'), columnsInJoin(right, node, 'right'), node)
  return { shape: 'object', columns: columns.map(({ as }) => as) }
}

/** The columns that a side brings into a join: the key of fixed-length records is one only where it is joined on. */
export function columnsInJoin(
  side: KnownRecords,
  { on }: JoinNode,
  name: 'left' | 'right',
): readonly string[] {
  const keyed = side.shape !== 'record' || on.some(pair => pair[name] === 'key')
  return keyed ? side.columns : side.columns.filter(column => column !== 'key')
}

/** `inputs` are what is known of the node's inputs. */
export function knownRecords(
  node: LogicalNode,
  inputs: readonly (KnownRecords | null)[],
): KnownRecords | null {
  const [input = null] = inputs
  switch (node.kind) {
    case 'scan':
      return ofSource(node.source)
    case 'words':
      return SCALARS
    case 'select':
      return { shape: 'object', columns: node.columns.map(({ as }) => as) }
    case 'aggregate':
      return ofAggregate(node, input)
    case 'filter':
    case 'sort':
    case 'top':
    case 'distinctBy':
    case 'sample':
    case 'repartition':
    case 'limit':
    case 'with':
    case 'intersect':
    case 'except':
      return input
    case 'join':
      return ofJoin(node, input, inputs[1] ?? null)
    case 'union': {
      if (input === null) return null
      const same = inputs.every(
        one => one?.shape === input.shape && one.columns.join() === input.columns.join(),
      )
      return same ? input : null
    }
    case 'map':
    case 'flatMap':
    case 'mapBatches':
      return null
  }
}
