/** One line for a single operator, as `explain` and errors name it. */
import { namedText, stepText } from '../rows/row-step.ts'
import type { AggregateSpec, KeySpec, NamedAggregation, OperatorSpec } from '../spec.ts'

/**
 * The operator itself, without its inputs.
 *
 * @example
 * operatorText(spec) // 'FlatMap tokenize', 'PartialAggregate by value: count', 'Limit 10'
 */
export function operatorText(spec: OperatorSpec): string {
  switch (spec.op) {
    case 'input':
      return `Input ${spec.input}`
    case 'rows':
      return spec.steps.map(stepText).join(' → ')
    case 'asyncRows':
      return `Async ${spec.steps.map(stepText).join(' → ')}`
    case 'mapBatches':
      return `${namedText('MapBatches', spec.fn)} of ${spec.size}`
    case 'words':
      return 'Words'
    case 'select':
      return `Select ${spec.columns.map(({ from, as }) => (from === as ? from : `${from} as ${as}`)).join(', ')}`
    case 'limit':
      return `Limit ${spec.rows}`
    case 'union':
      return 'Union'
    case 'aggregate':
      return aggregateText(spec)
  }
}

const PHASE = { partial: 'PartialAggregate', final: 'FinalAggregate', complete: 'Aggregate' } as const

function aggregateText({
  phase,
  keys,
  aggregations,
}: Pick<AggregateSpec, 'phase' | 'keys' | 'aggregations'>): string {
  const by =
    keys === 'all' ? ' by all columns' : keys.length === 0 ? '' : ` by ${keys.map(keyText).join(', ')}`
  const list = aggregations.map(aggregationText).join(', ')
  return `${PHASE[phase]}${by}${list === '' ? '' : `: ${list}`}`
}

function keyText(key: KeySpec): string {
  if (key.kind === 'function') return key.fn.name === '' ? key.as : `${key.fn.name}() as ${key.as}`
  return key.column === key.as ? key.column : `${key.column} as ${key.as}`
}

function aggregationText({ as, spec }: NamedAggregation): string {
  if (spec.op === 'user') return as
  const text = 'column' in spec && spec.column !== undefined ? `${spec.op}(${spec.column})` : spec.op
  return text === as ? text : `${text} as ${as}`
}
