/** One line for a single operator, as `explain` and errors name it. */
import { namedText, stepText } from '../rows/row-step.ts'
import type {
  AggregateSpec,
  JoinSpec,
  KeySpec,
  NamedAggregation,
  OperatorSpec,
  SortKeySpec,
} from '../spec.ts'

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
    case 'sort':
      return `Sort by ${spec.keys.map(sortKeyText).join(', ')}`
    case 'top':
      return `Top ${spec.rows} by ${spec.keys.map(sortKeyText).join(', ')}`
    case 'sampleKeys':
      return 'Sample keys'
    case 'splitters':
      return `Splitters for ${spec.partitions} partitions`
    case 'sample':
      return `Sample ${percent(spec.fraction)} %`
    case 'addColumns':
      return `Compute ${spec.columns.map(({ fn }) => namedText('key', fn)).join(', ')}`
    case 'dropColumns':
      return 'Drop computed keys'
    case 'distinctBy':
      return `${DISTINCT[spec.phase]} by ${spec.keys.map(columnText).join(', ')}`
    case 'join':
      return joinText(spec)
  }
}

/** Computed columns have names that nobody can have chosen. */
const columnText = (name: string): string => (name.startsWith('\u0000') ? '(computed)' : name)

/** `count desc`, `name nulls first`: what differs from ascending with nulls last is said. */
export function sortKeyText({ column, name, direction, nulls }: SortKeySpec): string {
  return `${name ?? columnText(column)}${direction === 'desc' ? ' desc' : ''}${nulls === 'first' ? ' nulls first' : ''}`
}

const percent = (fraction: number): string => String(Number((fraction * 100).toPrecision(3)))

const DISTINCT = { partial: 'PartialDistinct', final: 'FinalDistinct', complete: 'Distinct' } as const

const HOW = {
  inner: 'Join',
  left: 'Left join',
  right: 'Right join',
  full: 'Full join',
  semi: 'Semi join',
  anti: 'Anti join',
  cross: 'Cross join',
} as const

function joinText({ how, on, build }: Omit<JoinSpec, 'op' | 'inputs'>): string {
  const keys =
    on === 'all'
      ? 'all columns'
      : on.map(({ left, right }) => (left === right ? left : `${left} = ${right}`)).join(', ')
  return `${HOW[how]}${keys === '' ? '' : ` on ${keys}`}, ${build} side in memory`
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
