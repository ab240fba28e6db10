/** Operators as data: what the planner writes into a plan and a worker builds operators from. JSON only. */
import type { Schema } from './batch/column-type.ts'

/** A user's function as a plan knows it. */
export interface FunctionRef {
  /** Index into the default export of the job's shipped module. */
  readonly fn: number
  /** For people: its name, or the start of its source. */
  readonly name: string
  /** `file:line` of the user's source, where known. */
  readonly at?: string
}

export interface RowStep {
  readonly kind: 'map' | 'flatMap' | 'filter'
  readonly fn: FunctionRef
}

/** A grouping key: a column, or a function of the record; `as` is its column in the result. */
export type KeySpec =
  | { readonly kind: 'column'; readonly column: string; readonly as: string }
  | { readonly kind: 'function'; readonly fn: FunctionRef; readonly as: string }

export type AggregationSpec =
  /** Rows, or the rows where `column` is not null. */
  | { readonly op: 'count'; readonly column?: string }
  | { readonly op: 'sum' | 'min' | 'max' | 'mean'; readonly column: string }
  /** `init()` → state, `add(state, record)` → state, `merge(a, b)` → state, `finish(state)` → value. */
  | {
      readonly op: 'user'
      readonly init: FunctionRef
      readonly add: FunctionRef
      readonly merge: FunctionRef
      readonly finish: FunctionRef
    }

export interface NamedAggregation {
  readonly as: string
  readonly spec: AggregationSpec
}

/**
 * Where an aggregation stands. `partial` gives key columns and state columns, `final` merges those and gives
 * results, `complete` does both at once (no exchange between).
 */
export type AggregationPhase = 'partial' | 'final' | 'complete'

/** `'all'` means: every column of the record, in its own shape (distinct). */
export type KeysSpec = readonly KeySpec[] | 'all'

export interface RowsSpec {
  readonly op: 'rows'
  readonly input: OperatorSpec
  readonly steps: readonly RowStep[]
}
/** Rows whose functions are async: driven by the task with a bounded window that keeps their order. */
export interface AsyncRowsSpec {
  readonly op: 'asyncRows'
  readonly input: OperatorSpec
  readonly steps: readonly RowStep[]
}
/** Calls the function with arrays of exactly `size` records (the last of a task may be shorter). */
export interface MapBatchesSpec {
  readonly op: 'mapBatches'
  readonly input: OperatorSpec
  readonly fn: FunctionRef
  readonly size: number
}
/** Splits each string of the scalar column into its words: `line.toLowerCase().match(/\p{L}+/gu) ?? []`. */
export interface WordsSpec {
  readonly op: 'words'
  readonly input: OperatorSpec
}
/** Keeps and renames columns, in the order given. */
export interface SelectSpec {
  readonly op: 'select'
  readonly input: OperatorSpec
  readonly columns: readonly { readonly from: string; readonly as: string }[]
}
export interface AggregateSpec {
  readonly op: 'aggregate'
  readonly input: OperatorSpec
  readonly phase: AggregationPhase
  readonly keys: KeysSpec
  readonly aggregations: readonly NamedAggregation[]
  /** What a result looks like: `object`, or `pair` for `reduceByKey`, or `scalar` for a global `reduce`. */
  readonly shape: 'object' | 'pair' | 'scalar'
}
/** The first `rows` rows. */
export interface LimitSpec {
  readonly op: 'limit'
  readonly input: OperatorSpec
  readonly rows: number
}
/** All rows of the first input, then of the second … (of those inputs that this task has). */
export interface UnionSpec {
  readonly op: 'union'
  readonly inputs: readonly OperatorSpec[]
}
/** A leaf: input number `input` of the stage. */
export interface InputSpec {
  readonly op: 'input'
  readonly input: number
}

export type OperatorSpec =
  | InputSpec
  | RowsSpec
  | AsyncRowsSpec
  | MapBatchesSpec
  | WordsSpec
  | SelectSpec
  | AggregateSpec
  | LimitSpec
  | UnionSpec

/** The operators that one synchronous chain may consist of. */
export type ChainSpec = RowsSpec | MapBatchesSpec | WordsSpec | SelectSpec | AggregateSpec | LimitSpec

/** How the bytes of a source become records. */
export type ReadFormat =
  /** A record per line (LF or CRLF). Invalid UTF-8 becomes U+FFFD and is counted, or fails the job. */
  | { readonly format: 'text'; readonly onInvalid: 'replace' | 'fail' }
  | { readonly format: 'jsonl'; readonly schema?: Schema }
  /** Arrow IPC files written by dunlin for `from(iterable)`: `splits` count record batches, not bytes. */
  | { readonly format: 'arrow' }
  /** `range(n)`: no bytes at all; a split is a range of numbers. */
  | { readonly format: 'range'; readonly start: number; readonly step: number }

export type WriteFormat = 'text' | 'jsonl' | 'csv' | 'arrow'

/** How rows are divided among the partitions of the next stage. */
export type Partitioning =
  /** One partition a task: the next stage's task p reads what this stage's task p wrote. */
  | { readonly kind: 'none' }
  /** Everything into partition 0. */
  | { readonly kind: 'gather' }
  | { readonly kind: 'hash'; readonly keys: readonly string[] | 'all'; readonly partitions: number }
