/** Runs a chain of map, flatMap and filter functions over the records of batches. */
import type { Batch } from '../batch/batch.ts'
import { KeptRows } from '../batch/kept-rows.ts'
import { recordsOf } from '../batch/records.ts'
import type { Emit, Operator } from '../operator.ts'
import type { RowStep } from '../spec.ts'
import { AsyncRowsDriver, type RecordSource } from './async-rows.ts'
import type { OperatorEnv } from './operator-env.ts'
import { type FilterLoop, filterLoop, type RowLoop, rowLoop } from './row-loop.ts'
import type { RowSink } from './row-sink.ts'
import { type BoundStep, bindSteps } from './row-step.ts'
import type { Suspension } from './suspension.ts'
import { BadResult, userError } from './user-error.ts'

export interface DriverOptions {
  /** Calls in flight, at least 1. */
  readonly concurrency: number
  /** Where what is emitted goes on its way to the `emit` of a call. */
  readonly through?: (emit: Emit) => Emit
}

/** An operator whose functions may return promises: it is at the head of its chain, so that its task can wait. */
export interface Suspendable extends Operator {
  /** Pushes as far as that goes without waiting; what it returns must be given to a driver. */
  pushRows(batch: Batch, emit: Emit): Suspension | null
  /** Calls what is left to be called when the input has ended, but leaves the sink open. */
  flushRows(emit: Emit): Suspension | null
  /** Takes over for good: it feeds the same sink, and waits. */
  driver(options: DriverOptions): AsyncRowsDriver
}

/** What a chain of nothing but filters has besides. */
interface Filters {
  readonly loop: FilterLoop
  readonly kept: KeptRows
}

/**
 * Where nothing but filters stands before a sink of batches, rows are kept by their numbers: they stay columns of their
 * own types, and nothing is built anew (1.7 to 5 times as fast, measured). What a filter's function does to a record is
 * lost there. Aggregations take records (30 to 40 % faster than gathering rows for them), but not fixed-length ones,
 * which would become objects.
 */
export class RowChain implements Suspendable {
  readonly #env: OperatorEnv
  readonly #steps: readonly BoundStep[]
  readonly #sink: RowSink
  readonly #loop: RowLoop
  readonly #filters: Filters | null
  #rows = new Int32Array(0)

  constructor(options: {
    readonly steps: readonly RowStep[]
    readonly env: OperatorEnv
    readonly sink: RowSink
  }) {
    this.#env = options.env
    this.#sink = options.sink
    this.#steps = bindSteps(options.steps, options.env)
    this.#loop = rowLoop(this.#steps, options.env)
    const filters = this.#steps.every(step => step.kind === 'filter')
    this.#filters = filters ? { loop: filterLoop(this.#steps, options.env), kept: new KeptRows() } : null
  }

  push(batch: Batch, emit: Emit): void {
    const suspension = this.pushRows(batch, emit)
    if (suspension !== null) throw cannotWait(this.#steps, suspension)
  }

  pushRows(batch: Batch, emit: Emit): Suspension | null {
    const filters = this.#filters
    if (filters !== null) {
      if (this.#sink.wantsColumns || batch.schema.shape === 'record') {
        this.#filter(batch, filters, emit)
        return null
      }
      this.#pushKept(filters, emit)
    }
    const suspension = this.#loop(recordsOf(batch), this.#env, this.#sink, emit)
    this.#sink.endBatch(emit)
    return suspension
  }

  flushRows(): null {
    return null
  }

  driver(options: DriverOptions): AsyncRowsDriver {
    const source: RecordSource = { take: recordsOf, rest: () => [] }
    return new AsyncRowsDriver({ steps: this.#steps, env: this.#env, sink: this.#sink, source, ...options })
  }

  finish(emit: Emit): void {
    if (this.#filters !== null) this.#pushKept(this.#filters, emit)
    this.#sink.finish(emit)
  }

  #filter(batch: Batch, { loop, kept }: Filters, emit: Emit): void {
    if (this.#rows.length < batch.length) this.#rows = new Int32Array(batch.length)
    const count = loop(recordsOf(batch), this.#env, this.#rows)
    kept.push(batch, this.#rows, count, given => this.#sink.push(given, emit))
  }

  #pushKept({ kept }: Filters, emit: Emit): void {
    kept.finish(given => this.#sink.push(given, emit))
  }
}

/** A promise where nobody can wait for it. */
export function cannotWait(steps: readonly BoundStep[], suspension: Suspension): Error {
  const refused = new BadResult(
    'returned a promise where none can be awaited',
    'Declare the function `async`.',
  )
  return userError(steps[suspension.step]!, refused, suspension.value)
}
