/** The logical plan: the tree of frozen nodes that the fluent verbs build. Nothing here runs. */
import type {
  JoinHow,
  NamedAggregation,
  ReadFormat,
  RowStep,
  Schema,
  WriteFormat,
} from '../operators/index.ts'

/** Any function a person may hand to a verb; its real type is checked where the verb is declared. */
// biome-ignore lint/complexity/noBannedTypes: user functions of every signature are carried, never called, here
export type UserFunction = Function

export type Source =
  /** Files under URIs that may hold globs, in the given order. */
  | { readonly kind: 'files'; readonly uris: readonly string[]; readonly format: ReadFormat }
  /** An iterable that is written to the store once, when the job is submitted. */
  | {
      readonly kind: 'values'
      readonly values: Iterable<unknown> | AsyncIterable<unknown>
      readonly schema?: Schema
    }
  | {
      readonly kind: 'range'
      readonly start: number
      readonly end: number
      readonly step: number
      /** Numbers a task gets; the planner's default where absent. */
      readonly splitRows?: number
    }

/** What `.with()` asks for the stages that its node ends up in; the largest of a stage wins. */
export interface Resources {
  readonly memoryMb?: number
  readonly timeoutMs?: number
  /** Partitions of the exchanges below this node, at most 10,000. */
  readonly partitions?: number
  /** Calls in flight per task for async functions. */
  readonly concurrency?: number
}

interface NodeBase {
  /** `file:line` of the verb's call, where known. */
  readonly at?: string
}

export interface ScanNode extends NodeBase {
  readonly kind: 'scan'
  readonly source: Source
  /** Bytes a split covers; the planner's default where absent. */
  readonly splitBytes?: number
}
export interface RowNode extends NodeBase {
  readonly kind: RowStep['kind']
  readonly input: LogicalNode
  readonly fn: UserFunction
}
export interface MapBatchesNode extends NodeBase {
  readonly kind: 'mapBatches'
  readonly input: LogicalNode
  readonly fn: UserFunction
  readonly size: number
}
export interface WordsNode extends NodeBase {
  readonly kind: 'words'
  readonly input: LogicalNode
}
export interface SelectNode extends NodeBase {
  readonly kind: 'select'
  readonly input: LogicalNode
  readonly columns: readonly { readonly from: string; readonly as: string }[]
}
export type LogicalKey =
  | { readonly kind: 'column'; readonly column: string; readonly as: string }
  | { readonly kind: 'function'; readonly fn: UserFunction; readonly as: string }

export type LogicalAggregation =
  | Exclude<NamedAggregation['spec'], { op: 'user' }>
  | {
      readonly op: 'user'
      readonly init: UserFunction
      readonly add: UserFunction
      readonly merge: UserFunction
      readonly finish: UserFunction
    }

/** `distinct` is an aggregation by all columns with no aggregations; `reduce` one with no keys. */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate'
  readonly input: LogicalNode
  readonly keys: readonly LogicalKey[] | 'all'
  readonly aggregations: readonly { readonly as: string; readonly spec: LogicalAggregation }[]
  readonly shape: 'object' | 'pair' | 'scalar'
}
/** A key to order by; a function's result is ordered as a column of its values would be. */
export type LogicalSortKey = (
  | { readonly kind: 'column'; readonly column: string }
  | { readonly kind: 'function'; readonly fn: UserFunction }
) & { readonly direction: 'asc' | 'desc'; readonly nulls: 'first' | 'last' }

export interface SortNode extends NodeBase {
  readonly kind: 'sort'
  readonly input: LogicalNode
  readonly keys: readonly LogicalSortKey[]
}
/** The first `rows` rows in the order of the keys. */
export interface TopNode extends NodeBase {
  readonly kind: 'top'
  readonly input: LogicalNode
  readonly keys: readonly LogicalSortKey[]
  readonly rows: number
}
/** The first row of each key, in order of first appearance. */
export interface DistinctByNode extends NodeBase {
  readonly kind: 'distinctBy'
  readonly input: LogicalNode
  readonly keys: readonly LogicalKey[]
}
export interface SampleNode extends NodeBase {
  readonly kind: 'sample'
  readonly input: LogicalNode
  readonly fraction: number
  readonly seed: number
}
/** Into so many partitions: in order and about equally full, or equal `keys` in one. */
export interface RepartitionNode extends NodeBase {
  readonly kind: 'repartition'
  readonly input: LogicalNode
  readonly partitions: number
  readonly keys?: readonly string[]
}
export interface JoinNode extends NodeBase {
  readonly kind: 'join'
  readonly left: LogicalNode
  readonly right: LogicalNode
  readonly how: JoinHow
  /** Pairs of equal columns; none for `cross`. */
  readonly on: readonly { readonly left: string; readonly right: string }[]
  readonly suffix?: string
  /** `auto`: broadcast a side of at most `broadcastBytes` by the facts, else an exchange of both. */
  readonly strategy: 'auto' | 'broadcast' | 'exchange'
  readonly broadcastBytes?: number
  /** Divide keys that are held by many rows among tasks: `auto` by the size of the streamed side. */
  readonly divideSkew: 'auto' | boolean
}
/** Records of the left, each once, that the right has too, or has not; null equals null. */
export interface SetNode extends NodeBase {
  readonly kind: 'intersect' | 'except'
  readonly left: LogicalNode
  readonly right: LogicalNode
}
export interface UnionNode extends NodeBase {
  readonly kind: 'union'
  readonly inputs: readonly LogicalNode[]
}
/** The first `rows` rows: `take(n)` at the root of an action, `limit(n)` anywhere. */
export interface LimitNode extends NodeBase {
  readonly kind: 'limit'
  readonly input: LogicalNode
  readonly rows: number
}
export interface WithNode extends NodeBase {
  readonly kind: 'with'
  readonly input: LogicalNode
  readonly resources: Resources
}
export type LogicalNode =
  | ScanNode
  | RowNode
  | MapBatchesNode
  | WordsNode
  | SelectNode
  | AggregateNode
  | SortNode
  | TopNode
  | DistinctByNode
  | SampleNode
  | RepartitionNode
  | JoinNode
  | SetNode
  | UnionNode
  | LimitNode
  | WithNode

export type WriteMode = 'fail' | 'overwrite' | 'append'

/** What a job produces: files under a URI, or rows that the driver asked for. */
export type LogicalOutput =
  | {
      readonly kind: 'write'
      readonly input: LogicalNode
      readonly uri: string
      readonly format: WriteFormat
      readonly mode: WriteMode
      readonly at?: string
    }
  | { readonly kind: 'result'; readonly input: LogicalNode }

/** One job: its outputs share every node that they have in common (by identity). */
export interface LogicalPlan {
  readonly outputs: readonly LogicalOutput[]
}
