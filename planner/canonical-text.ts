/** The one text of a physical plan: what its fingerprint hashes, and what tests compare. */
import type {
  AggregationSpec,
  FunctionRef,
  JoinSpec,
  KeySpec,
  KeysSpec,
  OperatorSpec,
  Partitioning,
  ReadFormat,
  SortKeySpec,
} from '../operators/index.ts'
import type { MergeShape } from './merge-shape.ts'
import type { PhysicalPlan, Stage, StageInput, StageOutput } from './physical.ts'
import { skipPolicyText } from './skip-policy.ts'

const quoted = (text: string): string => JSON.stringify(text)

/** Functions are known by their place in the shipped module, whose hash is in the text too. */
const fnText = ({ fn }: FunctionRef): string => `#${fn}`

function sortKeysText(keys: readonly SortKeySpec[]): string {
  if (keys.length === 0) return 'position'
  return keys
    .map(({ column, direction, nulls }) => `${quoted(column)} ${direction} nulls ${nulls}`)
    .join(', ')
}

export function partitioningText(partitioning: Partitioning): string {
  switch (partitioning.kind) {
    case 'none':
    case 'gather':
    case 'broadcast':
      return partitioning.kind
    case 'hash': {
      const { keys, partitions } = partitioning
      return `hash(${keys === 'all' ? '*' : keys.map(quoted).join(', ')}; ${partitions})`
    }
    case 'range': {
      const { keys, partitions, splitters, replicate } = partitioning
      const more = replicate === true ? '; replicate' : ''
      return `range(${sortKeysText(keys)}; ${partitions}; splitters ${splitters}${more})`
    }
  }
}

function keyText(key: KeySpec): string {
  return `${key.kind === 'column' ? quoted(key.column) : fnText(key.fn)} as ${quoted(key.as)}`
}

function keysText(keys: KeysSpec): string {
  return keys === 'all' ? '*' : `[${keys.map(keyText).join(', ')}]`
}

function aggregationText(spec: AggregationSpec): string {
  if (spec.op === 'user') {
    const { init, add, merge, finish } = spec
    return `user(init ${fnText(init)}, add ${fnText(add)}, merge ${fnText(merge)}, finish ${fnText(finish)})`
  }
  return spec.column === undefined ? spec.op : `${spec.op}(${quoted(spec.column)})`
}

/** One operator without its inputs. */
export function operatorLine(spec: OperatorSpec): string {
  switch (spec.op) {
    case 'input':
      return `input ${spec.input}`
    case 'rows':
    case 'asyncRows':
      return `${spec.op} ${spec.steps.map(({ kind, fn }) => `${kind} ${fnText(fn)}`).join(', ')}`
    case 'mapBatches':
      return `mapBatches ${fnText(spec.fn)} size ${spec.size}`
    case 'words':
      return 'words'
    case 'select':
      return `select ${spec.columns.map(({ from, as }) => `${quoted(from)} as ${quoted(as)}`).join(', ')}`
    case 'aggregate': {
      const results = spec.aggregations.map(one => `${quoted(one.as)} = ${aggregationText(one.spec)}`)
      return `aggregate ${spec.phase} by ${keysText(spec.keys)}: [${results.join(', ')}] ${spec.shape}`
    }
    case 'limit':
      return `limit ${spec.rows}`
    case 'sort':
      return `sort by ${sortKeysText(spec.keys)}`
    case 'top':
      return `top ${spec.rows} by ${sortKeysText(spec.keys)}`
    case 'sampleKeys':
      return `sampleKeys ${spec.rows} of ${spec.fraction}, key bytes ${spec.keyBytes}, by ${sortKeysText(spec.keys)}`
    case 'splitters':
      return `splitters ${spec.partitions}`
    case 'sample':
      return `sample ${spec.fraction} seed ${spec.seed}`
    case 'addColumns':
      return `addColumns ${spec.columns.map(({ as, fn }) => `${quoted(as)} = ${fnText(fn)}`).join(', ')}`
    case 'dropColumns':
      return `dropColumns ${spec.columns.map(quoted).join(', ')}`
    case 'distinctBy':
      return `distinctBy ${spec.phase} ${spec.keys.map(quoted).join(', ')}`
    case 'join':
      return joinLine(spec)
    case 'union':
      return 'union'
  }
}

function joinLine({ how, on, nullsEqual, suffix, build }: Omit<JoinSpec, 'inputs'>): string {
  const keys =
    on === 'all' ? '*' : `[${on.map(({ left, right }) => `${quoted(left)} = ${quoted(right)}`).join(', ')}]`
  const nulls = nullsEqual ? ' nulls equal' : ''
  const clashes = suffix === undefined ? '' : ` suffix ${quoted(suffix)}`
  return `join ${how} on ${keys}${nulls}${clashes} build ${build}`
}

function inputsOf(spec: OperatorSpec): readonly OperatorSpec[] {
  if (spec.op === 'input') return []
  return 'inputs' in spec ? spec.inputs : [spec.input]
}

/** Root first, inputs indented below; iterative, as operators may stand deeper than the call stack is. */
function operatorLines(root: OperatorSpec): string[] {
  const lines: string[] = []
  const stack = [{ spec: root, depth: 2 }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    lines.push('  '.repeat(top.depth) + operatorLine(top.spec))
    for (const spec of [...inputsOf(top.spec)].reverse()) stack.push({ spec, depth: top.depth + 1 })
  }
  return lines
}

function formatText(format: ReadFormat): string {
  switch (format.format) {
    case 'text':
      return `text onInvalid ${format.onInvalid}`
    case 'jsonl':
      return format.schema === undefined ? 'jsonl' : `jsonl schema ${JSON.stringify(format.schema)}`
    case 'arrow':
      return 'arrow'
    case 'records': {
      const key = format.key === undefined ? '' : ` key ${format.key.join('+')}`
      return `records of ${format.length}${key}`
    }
    case 'range':
      return `range from ${format.start} by ${format.step}`
  }
}

function mergeText(what: string, shape: MergeShape | undefined): string {
  if (shape === undefined) return ''
  const { producers, partitions, producersATask, partitionsATask } = shape
  return `, ${what} ${producers} x ${partitions} by ${producersATask} x ${partitionsATask}`
}

function inputLine(input: StageInput, index: number): string {
  if (input.kind === 'exchange') {
    const { from, partitions, partitioning, merge, merged } = input
    const how = merge === undefined ? mergeText('merged', merged) : mergeText('merge', merge)
    return `  input ${index}: stage ${from}, ${partitions} partitions, ${partitioningText(partitioning)}${how}`
  }
  const { source, format, columns, fraction, tasks, bytes, listing } = input
  const only = columns === undefined ? '' : `, columns [${columns.map(quoted).join(', ')}]`
  const share = fraction === undefined ? '' : `, fraction ${fraction}`
  const what = `${formatText(format)} ${quoted(source)}${only}${share}`
  return `  input ${index}: ${what}, ${tasks} splits, ${bytes} bytes, listing ${listing}`
}

function outputLine(output: StageOutput): string {
  switch (output.kind) {
    case 'exchange':
      return `  output: ${partitioningText(output.partitioning)}, ${output.partitions} partitions${mergeText('merged', output.merged)}`
    case 'write':
      return `  output ${output.output}: write ${output.format} ${quoted(output.uri)} mode ${output.mode}`
    case 'result':
      return `  output ${output.output}: result`
  }
}

function stageLines(stage: Stage): string[] {
  const { id, layout, tasks, until, memoryMb, timeoutMs, concurrency, onError } = stage
  const enough = until === undefined ? '' : `, until ${until.rows} rows`
  return [
    `stage ${id}: ${tasks} tasks, ${layout}${enough}, memoryMb ${memoryMb}, timeoutMs ${timeoutMs}, concurrency ${concurrency}`,
    ...(onError === undefined ? [] : [`  on error: ${skipPolicyText(onError)}`]),
    ...stage.inputs.map(inputLine),
    '  operators:',
    ...operatorLines(stage.root),
    outputLine(stage.output),
  ]
}

/** A stage's own part of the canonical text. */
export function stageText(stage: Stage): string {
  return stageLines(stage).join('\n')
}

/**
 * Everything about a plan that decides what it computes, and nothing else: no names, places or titles for people, no
 * engine, no machine. Plans with equal texts give equal bytes.
 */
export function canonicalText(plan: Pick<PhysicalPlan, 'version' | 'stages' | 'codeHash'>): string {
  const lines = [`plan ${plan.version}`, `code ${plan.codeHash || '-'}`, ...plan.stages.flatMap(stageLines)]
  return `${lines.join('\n')}\n`
}
