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
/** Where a row stands by one column. Strings by their UTF-8 bytes, −0 as 0, NaN above all numbers. */
export interface SortKeySpec {
  readonly column: string
  readonly direction: 'asc' | 'desc'
  readonly nulls: 'first' | 'last'
  /** For people, where the column is a computed one. */
  readonly name?: string
}
/** Sorts all rows of the task, stably: equal ones stay in the order in which they came. */
export interface SortSpec {
  readonly op: 'sort'
  readonly input: OperatorSpec
  readonly keys: readonly SortKeySpec[]
}
/** The first `rows` rows of what `sort` would give. */
export interface TopSpec {
  readonly op: 'top'
  readonly input: OperatorSpec
  readonly keys: readonly SortKeySpec[]
  readonly rows: number
}
/**
 * Positions of rows that stand evenly among all rows of the task, as records { key, task, row, weight }: their encoded
 * key, the task's index, the row's number in the task, and how many rows each stands for. The task reads only
 * `fraction` of its rows (1: all), so the k-th row that it sees is taken for row k / `fraction`.
 */
export interface SampleKeysSpec {
  readonly op: 'sampleKeys'
  readonly input: OperatorSpec
  readonly keys: readonly SortKeySpec[]
  readonly fraction: number
  /** At most so many samples a task. */
  readonly rows: number
  /** Bytes of encoded keys that the samples of a task may have; one sample may have more. */
  readonly keyBytes: number
}
/** Of samples: the `partitions` − 1 positions that divide what they stand for evenly, as records { key, task, row }. */
export interface SplittersSpec {
  readonly op: 'splitters'
  readonly input: OperatorSpec
  readonly partitions: number
}
/** Each row with probability `fraction`, decided by seed, task index and row number alone. */
export interface SampleSpec {
  readonly op: 'sample'
  readonly input: OperatorSpec
  readonly fraction: number
  readonly seed: number
}
/** Adds computed columns after those that the rows have; nothing else of a row changes, nor does its shape. */
export interface AddColumnsSpec {
  readonly op: 'addColumns'
  readonly input: OperatorSpec
  readonly columns: readonly { readonly as: string; readonly fn: FunctionRef }[]
}
/** Takes columns away that `addColumns` added. */
export interface DropColumnsSpec {
  readonly op: 'dropColumns'
  readonly input: OperatorSpec
  readonly columns: readonly string[]
}
/** The first row of each key. `partial` may let later ones pass, `final` does not. */
export interface DistinctBySpec {
  readonly op: 'distinctBy'
  readonly input: OperatorSpec
  readonly keys: readonly string[]
  readonly phase: 'partial' | 'final' | 'complete'
}

export type JoinHow = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'cross'
/**
 * Joins the rows of its two inputs, left and right. One side is built into a table, the other streams past it: rows
 * come in the order of the streamed side, each with its matches in the order of the built one; then those of the
 * built side that matched nothing, where `how` keeps them.
 *
 * The result is an object: the left's columns, then those of the right that are not keys. A key stands once, under the
 * left's name, from whichever side has the row. `semi` and `anti` give rows of the left as they are.
 */
export interface JoinSpec {
  readonly op: 'join'
  readonly inputs: readonly [OperatorSpec, OperatorSpec]
  readonly how: JoinHow
  /** Pairs of equal columns; none for `cross`. `all`: whole records, by the names of their columns. */
  readonly on: readonly { readonly left: string; readonly right: string }[] | 'all'
  /** Null equals null (set verbs); otherwise null equals nothing. */
  readonly nullsEqual: boolean
  /** Appended to the right's column names that the left has too; without it such a name is an error. */
  readonly suffix?: string
  readonly build: 'left' | 'right'
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
  | SortSpec
  | TopSpec
  | SampleKeysSpec
  | SplittersSpec
  | SampleSpec
  | AddColumnsSpec
  | DropColumnsSpec
  | DistinctBySpec
  | JoinSpec
  | UnionSpec

/** Operators of one input. */
export type UnarySpec = Exclude<OperatorSpec, InputSpec | UnionSpec | JoinSpec>

/** The operators that one synchronous chain may consist of: in the phase `partial` where they have phases. */
export type ChainSpec =
  | RowsSpec
  | MapBatchesSpec
  | WordsSpec
  | SelectSpec
  | AggregateSpec
  | LimitSpec
  | SampleKeysSpec
  | SplittersSpec
  | SampleSpec
  | AddColumnsSpec
  | DropColumnsSpec
  | DistinctBySpec

/** Operators that see all their rows before they give the last: `createBreaker` makes them. `aggregate` and `distinctBy` in the phase `final`. */
export type BreakerSpec = SortSpec | TopSpec | AggregateSpec | DistinctBySpec | JoinSpec

/** How the bytes of a source become records. */
export type ReadFormat =
  /** A record per line (LF or CRLF). Invalid UTF-8 becomes U+FFFD and is counted, or fails the job. */
  | { readonly format: 'text'; readonly onInvalid: 'replace' | 'fail' }
  | { readonly format: 'jsonl'; readonly schema?: Schema }
  /** Arrow IPC files written by dunlin for `from(iterable)`: `splits` count record batches, not bytes. */
  | { readonly format: 'arrow' }
  /** Records of `length` bytes, one after another; `key` says where in each its key lies. */
  | {
      readonly format: 'records'
      readonly length: number
      readonly key?: readonly [offset: number, length: number]
    }
  /** `range(n)`: no bytes at all; a split is a range of numbers. */
  | { readonly format: 'range'; readonly start: number; readonly step: number }

export type WriteFormat = 'text' | 'jsonl' | 'csv' | 'arrow' | 'records'

/** How rows are divided among the partitions of the next stage. */
export type Partitioning =
  /** One partition a task: the next stage's task p reads what this stage's task p wrote. */
  | { readonly kind: 'none' }
  /** Everything into partition 0. */
  | { readonly kind: 'gather' }
  /** Everything into partition 0, which every task of the next stage reads. */
  | { readonly kind: 'broadcast' }
  | { readonly kind: 'hash'; readonly keys: readonly string[] | 'all'; readonly partitions: number }
  /**
   * By order: partition p gets the positions (encoded key, task, row number) from splitter p − 1 on to before splitter
   * p, so that equal keys can be divided and the order of rows is kept. No keys: by position alone.
   */
  | {
      readonly kind: 'range'
      readonly keys: readonly SortKeySpec[]
      readonly partitions: number
      /** Which input of the stage that writes has the splitters. */
      readonly splitters: number
      /** A row goes to every partition that holds positions of its key: the other side of a join by range. */
      readonly replicate?: true
    }
