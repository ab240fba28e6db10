/** What is known of a node's records before anything runs: their shape and columns, or nothing. */
import type { RecordShape, Schema } from '../../operators/index.ts'
import type { AggregateNode, LogicalNode, Source } from '../logical.ts'

export interface KnownRecords {
  readonly shape: RecordShape
  readonly columns: readonly string[]
}

const SCALARS: KnownRecords = { shape: 'scalar', columns: ['value'] }
const PAIRS: KnownRecords = { shape: 'pair', columns: ['key', 'value'] }

function ofSchema(schema: Schema | undefined): KnownRecords | null {
  return schema === undefined ? null : { shape: schema.shape, columns: schema.fields.map(({ name }) => name) }
}

function ofSource(source: Source): KnownRecords | null {
  if (source.kind === 'range') return SCALARS
  if (source.kind === 'values') return ofSchema(source.schema)
  const { format } = source
  if (format.format === 'text' || format.format === 'range') return SCALARS
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
    case 'limit':
    case 'with':
      return input
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
