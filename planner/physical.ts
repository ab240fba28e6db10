/** The physical plan: the DAG of stages. Everything in `PhysicalPlan` is JSON; splits stand beside it. */
import type { OperatorSpec, Partitioning, ReadFormat, WriteFormat } from '../operators/index.ts'
import type { WriteMode } from './logical.ts'
import type { MergeShape } from './merge-shape.ts'
import type { SkipPolicy } from './skip-policy.ts'

declare const brand: unique symbol
export type StageId = number & { readonly [brand]: 'StageId' }

/**
 * A range of one source object: bytes, record batches (arrow), or positions in the sequence (range, whose value at
 * position i is `start + i * step`).
 */
export interface SplitRange {
  readonly root: string
  readonly key: string
  readonly start: number
  readonly end: number
  /** Size of the whole object in the same unit: the reader looks past `end` for the end of a record. */
  readonly size: number
  readonly version: string
  readonly compression?: 'gzip' | 'zstd'
}

/** What one task reads of a source: ranges in the order of their records. Small objects are packed together. */
export interface Split {
  readonly ranges: readonly SplitRange[]
}

export type StageInput =
  | {
      readonly kind: 'splits'
      /** The source as the user wrote it, for people. */
      readonly source: string
      readonly format: ReadFormat
      /** Columns to read, where not all are needed; may be none. A record that is not an object is read whole. */
      readonly columns?: readonly string[]
      /** Only this share of the rows is read, to sample them; absent: all. */
      readonly fraction?: number
      readonly tasks: number
      readonly bytes: number
      /** SHA-256 of the listing (roots, keys, sizes, versions) and the cuts. */
      readonly listing: string
    }
  | {
      readonly kind: 'exchange'
      readonly from: StageId
      readonly partitions: number
      readonly partitioning: Partitioning
      /** The stage only merges what this one gives: task t reads what `mergedBy` says. */
      readonly merge?: MergeShape
      /** What is read has been merged: partition p is where `afterMerge` says. */
      readonly merged?: MergeShape
    }

export type StageOutput =
  | {
      readonly kind: 'exchange'
      readonly partitioning: Partitioning
      readonly partitions: number
      /** The stage has merged slices: each task gives those of its group of partitions. */
      readonly merged?: MergeShape
    }
  | {
      readonly kind: 'write'
      readonly output: number
      readonly uri: string
      readonly format: WriteFormat
      readonly mode: WriteMode
    }
  | { readonly kind: 'result'; readonly output: number }

export interface Stage {
  readonly id: StageId
  /** For people: `Scan text → FlatMap tokenize → PartialAggregate`. */
  readonly title: string
  readonly inputs: readonly StageInput[]
  /**
   * `zip`: task p reads partition p of every input. `concat`: the inputs stand one after another; each task reads
   * one partition of one input. In both, an exchange `broadcast` is read whole by every task that needs it, and
   * counts for nothing.
   */
  readonly layout: 'zip' | 'concat'
  readonly tasks: number
  readonly root: OperatorSpec
  readonly output: StageOutput
  /** `take(n)`: run the first 1, 4, 16 … tasks until `rows` rows are there. */
  readonly until?: { readonly rows: number }
  readonly memoryMb: number
  readonly timeoutMs: number
  /** Calls in flight for async functions. */
  readonly concurrency: number
  /** Bad records are skipped; absent: the first one fails the task. */
  readonly onError?: SkipPolicy
}

export interface PhysicalPlan {
  readonly version: 1
  /** In an order in which every stage comes after those that it reads. */
  readonly stages: readonly Stage[]
  /** Topological generations: the stages of a wave depend only on earlier waves. */
  readonly waves: readonly (readonly StageId[])[]
  readonly codeHash: string
  /** SHA-256 of the canonical text (which names the code hash). */
  readonly fingerprint: string
}

/** What `plan()` gives: the plan, and the splits of its scans, which grow with the data and so stay out of it. */
export interface Planned {
  readonly plan: PhysicalPlan
  /** The canonical text that the fingerprint hashes and `explain` prints. */
  readonly text: string
  /**
   * Splits by stage, input and partition of that input; null where the input is an exchange. `partitionsOf` says which
   * partition of which input a task reads.
   */
  readonly splits: ReadonlyMap<StageId, readonly (readonly Split[] | null)[]>
  /** For people: what the planner did about a stage, and why. Not part of the text. */
  readonly notes?: ReadonlyMap<StageId, readonly string[]>
}
