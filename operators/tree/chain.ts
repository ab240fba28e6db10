/** Operators one after another, as one operator. */
import type { Batch } from '../batch/batch.ts'
import { type Emit, isStateful, type Operator, type RunMerger, type StatefulOperator } from '../operator.ts'
import type { AsyncRowsDriver } from '../rows/async-rows.ts'
import type { Suspendable } from '../rows/row-chain.ts'
import type { Suspension } from '../rows/suspension.ts'
import { Limit } from './limit.ts'

/**
 * `pushRows`, `flushRows` and `driver` are there where the first operator calls functions that may return promises:
 * `pushRows` instead of `push` until it returns a suspension; then a driver, which resumes it and takes everything
 * from there on. At the end `flushRows` (or the driver's `flush`), then `finish` or `merge`. A promise anywhere else
 * is an error.
 *
 * `sizeBytes`, `drain` and `merge` are there where an operator holds state in proportion to its input; `merge` is
 * used instead of `finish` once anything was drained.
 */
export interface Chain extends Operator {
  pushRows?(batch: Batch, emit: Emit): Suspension | null
  flushRows?(emit: Emit): Suspension | null
  driver?(options: { readonly concurrency: number }): AsyncRowsDriver
  readonly sizeBytes?: number
  drain?(emit: Emit): void
  merge?(runs: number): RunMerger
  /** Nothing more comes of whatever is pushed: the input need not be read on. */
  readonly done: boolean
}

/** An operator, and the one that may hold state: itself, or the aggregation that it feeds record by record. */
export interface ChainLink {
  readonly operator: Operator
  readonly state: Operator | null
}

export function operatorChain(links: readonly ChainLink[]): Chain {
  const chain = new OperatorChain(links.map(link => link.operator))
  const head = links[0]?.operator
  const stateful = links.findIndex(({ state }) => state !== null && isStateful(state))
  if (head !== undefined && 'pushRows' in head) chain.suspendable(head as Suspendable)
  if (stateful >= 0) chain.stateful(links[stateful]!.state as StatefulOperator, stateful)
  return chain
}

class OperatorChain implements Chain {
  readonly #operators: readonly Operator[]
  /** What each operator gives goes to the next; made once, not for every batch. */
  readonly #emits: Emit[] = []
  #out: Emit = () => {}
  pushRows?: NonNullable<Chain['pushRows']>
  flushRows?: NonNullable<Chain['flushRows']>
  driver?: NonNullable<Chain['driver']>
  drain?: NonNullable<Chain['drain']>
  merge?: NonNullable<Chain['merge']>
  #stateful: StatefulOperator | null = null

  constructor(operators: readonly Operator[]) {
    this.#operators = operators
    for (let i = operators.length - 1; i >= 0; i--) {
      const next = operators[i + 1]
      const emit = this.#emits[i + 1]!
      this.#emits[i] = next === undefined ? batch => this.#out(batch) : batch => next.push(batch, emit)
    }
  }

  suspendable(head: Suspendable): void {
    const through = (emit: Emit): Emit => {
      this.#out = emit
      return this.#emits[0]!
    }
    this.pushRows = (batch, emit) => head.pushRows(batch, through(emit))
    this.flushRows = emit => head.flushRows(through(emit))
    this.driver = ({ concurrency }) => head.driver({ concurrency, through })
  }

  stateful(operator: StatefulOperator, index: number): void {
    this.#stateful = operator
    this.drain = emit => operator.drain(emit)
    this.merge = runs => {
      // What stands before it has no more rows to give once it has been finished; it must not give results yet.
      this.#finish(0, index)
      return new ChainMerger(
        operator.merge(runs),
        emit => {
          this.#out = emit
          return this.#emits[index]!
        },
        () => this.#finish(index + 1, this.#operators.length),
      )
    }
  }

  get sizeBytes(): number {
    return this.#stateful?.sizeBytes ?? 0
  }

  get done(): boolean {
    return this.#operators.some(operator => operator instanceof Limit && operator.done)
  }

  push(batch: Batch, emit: Emit): void {
    this.#out = emit
    const first = this.#operators[0]
    if (first === undefined) emit(batch)
    else first.push(batch, this.#emits[0]!)
  }

  finish(emit: Emit): void {
    this.#out = emit
    this.#finish(0, this.#operators.length)
  }

  #finish(from: number, to: number): void {
    for (let i = from; i < to; i++) this.#operators[i]!.finish(this.#emits[i]!)
  }
}

/** A merge in the middle of a chain: what it gives goes on to the operators after it, which finish when it is done. */
class ChainMerger implements RunMerger {
  readonly #merger: RunMerger
  readonly #through: (emit: Emit) => Emit
  readonly #finish: () => void
  #finished = false

  constructor(merger: RunMerger, through: (emit: Emit) => Emit, finish: () => void) {
    this.#merger = merger
    this.#through = through
    this.#finish = finish
  }

  feed(run: number, batch: Batch | null): void {
    this.#merger.feed(run, batch)
  }

  step(emit: Emit): number {
    const run = this.#merger.step(this.#through(emit))
    if (run < 0 && !this.#finished) {
      this.#finished = true
      this.#finish()
    }
    return run
  }
}
