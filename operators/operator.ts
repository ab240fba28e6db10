/** What an operator is: it takes batches, gives batches, and never does I/O. */
import type { Batch } from './batch/batch.ts'

/** Receives what an operator gives; a batch handed over belongs to the receiver. */
export type Emit = (batch: Batch) => void

/**
 * The contract of every operator.
 *
 * - Synchronous, deterministic: equal batches in equal order give equal batches, whatever the batch boundaries.
 * - `push` any number of times, then `finish` once. After `finish` it is not used again.
 * - It does not keep a reference to a pushed batch after `push` returns, and its state is bounded (by a constant, by
 *   its budget, or by a number of rows that was asked for).
 */
export interface Operator {
  push(batch: Batch, emit: Emit): void
  finish(emit: Emit): void
}

/** Receives what a breaker gives; what it returns resolves when it can take more. */
export type AsyncEmit = (batch: Batch) => void | Promise<void>

/**
 * An operator that may hold state in proportion to its input (a pipeline breaker): sort, final aggregation, join. It
 * counts what it holds, and past its budget keeps it as runs. It does no I/O itself: where runs are kept is the
 * business of the `RunStore` that it is given. Its result is the same with and without runs, row by row and bit by bit.
 */
export interface PipelineBreaker {
  /** The inputs in the order in which they have to be given: all of one, `end`, then the next. A join: [build, stream]. */
  readonly order: readonly number[]
  /** A batch without rows tells the columns of an input, where they are known before there is a row. */
  push(input: number, batch: Batch, emit: AsyncEmit): void | Promise<void>
  /** No more of `input`. After the last input's end everything has been given. */
  end(input: number, emit: AsyncEmit): Promise<void>
  /** Removes what is left of its runs. Called once, after an error too; never throws. */
  close(): Promise<void>
}

/** Where operators keep what their budget cannot hold. Every batch keeps the schema that it was written with. */
export interface RunStore {
  /** Begins an object that runs are written to one after another. */
  open(): Promise<RunWriter>
}

export interface RunWriter {
  /** Appends a batch to the current run. Memory: the batch and a buffer of fixed size. */
  write(batch: Batch): Promise<void>
  /** Ends the current run, which may be empty; what is written next belongs to the next one. */
  endRun(): void
  /** The runs that were ended, in their order; they can be read from now on. */
  close(): Promise<readonly Run[]>
  /** Leaves nothing behind. Never throws. */
  abort(): Promise<void>
}

export interface Run {
  readonly rows: number
  /** `batchBytes` of its batches. */
  readonly sizeBytes: number
  /** Its batches as they were written, a few read ahead; any number of times. */
  batches(): AsyncIterable<Batch>
  /** The object goes when all its runs have been discarded. Never throws. */
  discard(): Promise<void>
}

/**
 * Takes JavaScript records one at a time: what a chain of row functions feeds. An operator that can use records
 * directly (an aggregation) offers one, which saves building a batch only to take it apart.
 */
export interface RecordSink {
  add(record: unknown): void
  /** Called at the end of each input batch: the place to emit what is full. */
  endBatch(emit: Emit): void
  finish(emit: Emit): void
}
