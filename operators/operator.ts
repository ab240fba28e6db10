/** What an operator is: it takes batches, gives batches, and never does I/O. */
import type { Batch } from './batch/batch.ts'

/** Receives what an operator gives; a batch handed over belongs to the receiver. */
export type Emit = (batch: Batch) => void

/**
 * The contract of every operator.
 *
 * - Synchronous, deterministic: equal batches in equal order give equal batches, whatever the batch boundaries.
 * - `push` any number of times, then `finish` once. After `finish` it is not used again.
 * - It does not keep a reference to a pushed batch after `push` returns, unless it counts it in `sizeBytes`.
 */
export interface Operator {
  push(batch: Batch, emit: Emit): void
  finish(emit: Emit): void
}

/**
 * An operator that holds state in proportion to its input, and can give it up when the task's budget is reached.
 * `runTask` decides when (by counted bytes, never by process memory) and where a run is kept.
 */
export interface StatefulOperator extends Operator {
  /** Bytes of state, counted: the same on every machine for the same input. */
  readonly sizeBytes: number
  /** Gives up the whole state as one run, in the operator's own run order; the operator is empty afterwards. */
  drain(emit: Emit): void
  /**
   * Merges `runs` drained runs, in the order in which they were drained; used instead of `finish` when anything
   * was drained.
   */
  merge(runs: number): RunMerger
}

/** A merge of runs that is fed by whoever can do I/O: it says which run it needs next. */
export interface RunMerger {
  /** Works as far as it can. Returns the index of the run that it needs the next batch of, or -1 when done. */
  step(emit: Emit): number
  /** The next batch of run `run`, or null when that run is at its end. */
  feed(run: number, batch: Batch | null): void
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

export function isStateful(operator: Operator): operator is StatefulOperator {
  return 'drain' in operator
}
