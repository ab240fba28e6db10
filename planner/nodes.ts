/** The constructors of logical nodes: each gives a deeply frozen node and checks nothing. */
import { frozen } from './frozen.ts'
import type {
  AggregateNode,
  DistinctByNode,
  JoinNode,
  LimitNode,
  LogicalNode,
  MapBatchesNode,
  RepartitionNode,
  Resources,
  RowNode,
  SampleNode,
  ScanNode,
  SelectNode,
  SetNode,
  SortNode,
  Source,
  TopNode,
  UnionNode,
  UserFunction,
  WithNode,
  WordsNode,
} from './logical.ts'

function place(at: string | undefined): { readonly at?: string } {
  return at === undefined ? {} : { at }
}

/** The values of `from(iterable)` stay the caller's: neither copied nor frozen. */
function frozenSource(source: Source): Source {
  if (source.kind !== 'values') return frozen(source)
  const { kind, values, schema } = source
  return Object.freeze({ kind, values, ...(schema === undefined ? {} : { schema: frozen(schema) }) })
}

export function scanNode(source: Source, splitBytes?: number, at?: string): ScanNode {
  return Object.freeze({
    kind: 'scan',
    source: frozenSource(source),
    ...(splitBytes === undefined ? {} : { splitBytes }),
    ...place(at),
  })
}

function rowNode(kind: RowNode['kind'], input: LogicalNode, fn: UserFunction, at?: string): RowNode {
  return Object.freeze({ kind, input, fn, ...place(at) })
}

export function mapNode(input: LogicalNode, fn: UserFunction, at?: string): RowNode {
  return rowNode('map', input, fn, at)
}

export function flatMapNode(input: LogicalNode, fn: UserFunction, at?: string): RowNode {
  return rowNode('flatMap', input, fn, at)
}

export function filterNode(input: LogicalNode, fn: UserFunction, at?: string): RowNode {
  return rowNode('filter', input, fn, at)
}

export function mapBatchesNode(
  input: LogicalNode,
  fn: UserFunction,
  size: number,
  at?: string,
): MapBatchesNode {
  return Object.freeze({ kind: 'mapBatches', input, fn, size, ...place(at) })
}

export function wordsNode(input: LogicalNode, at?: string): WordsNode {
  return Object.freeze({ kind: 'words', input, ...place(at) })
}

export function selectNode(input: LogicalNode, columns: SelectNode['columns'], at?: string): SelectNode {
  return Object.freeze({ kind: 'select', input, columns: frozen(columns), ...place(at) })
}

/** `keys: 'all'` without aggregations is `distinct`; no keys at all is one row for everything. */
export function aggregateNode(
  input: LogicalNode,
  keys: AggregateNode['keys'],
  aggregations: AggregateNode['aggregations'],
  shape: AggregateNode['shape'],
  at?: string,
): AggregateNode {
  return Object.freeze({
    kind: 'aggregate',
    input,
    keys: frozen(keys),
    aggregations: frozen(aggregations),
    shape,
    ...place(at),
  })
}

/** The first row of each key; a key's `as` is for people. */
export function distinctByNode(
  input: LogicalNode,
  keys: DistinctByNode['keys'],
  at?: string,
): DistinctByNode {
  return Object.freeze({ kind: 'distinctBy', input, keys: frozen(keys), ...place(at) })
}

/** What a join is asked for, both sides among it. */
export function joinNode(fields: Omit<JoinNode, 'kind' | 'at'>, at?: string): JoinNode {
  const { left, right, how, on, suffix, strategy, broadcastBytes, divideSkew } = fields
  return Object.freeze({
    kind: 'join',
    left,
    right,
    how,
    on: frozen(on),
    ...(suffix === undefined ? {} : { suffix }),
    strategy,
    ...(broadcastBytes === undefined ? {} : { broadcastBytes }),
    divideSkew,
    ...place(at),
  })
}

export function setNode(kind: SetNode['kind'], left: LogicalNode, right: LogicalNode, at?: string): SetNode {
  return Object.freeze({ kind, left, right, ...place(at) })
}

export function unionNode(inputs: readonly LogicalNode[], at?: string): UnionNode {
  return Object.freeze({ kind: 'union', inputs: Object.freeze([...inputs]), ...place(at) })
}

export function sortNode(input: LogicalNode, keys: SortNode['keys'], at?: string): SortNode {
  return Object.freeze({ kind: 'sort', input, keys: frozen(keys), ...place(at) })
}

/** The first `rows` rows in the order of the keys. */
export function topNode(input: LogicalNode, keys: TopNode['keys'], rows: number, at?: string): TopNode {
  return Object.freeze({ kind: 'top', input, keys: frozen(keys), rows, ...place(at) })
}

/** Each row with probability `fraction`; which ones, the seed decides. */
export function sampleNode(input: LogicalNode, fraction: number, seed: number, at?: string): SampleNode {
  return Object.freeze({ kind: 'sample', input, fraction, seed, ...place(at) })
}

/** Without `keys` the rows keep their order; with them equal keys meet in one partition. */
export function repartitionNode(
  input: LogicalNode,
  partitions: number,
  keys?: readonly string[],
  at?: string,
): RepartitionNode {
  return Object.freeze({
    kind: 'repartition',
    input,
    partitions,
    ...(keys === undefined ? {} : { keys: frozen(keys) }),
    ...place(at),
  })
}

export function limitNode(input: LogicalNode, rows: number, at?: string): LimitNode {
  return Object.freeze({ kind: 'limit', input, rows, ...place(at) })
}

export function withNode(input: LogicalNode, resources: Resources, at?: string): WithNode {
  return Object.freeze({ kind: 'with', input, resources: frozen(resources), ...place(at) })
}
