/** Operators one after another, as one operator. */
import type { Batch } from '../batch/batch.ts'
import type { Emit, Operator } from '../operator.ts'
import type { AsyncRowsDriver } from '../rows/async-rows.ts'
import type { Suspendable } from '../rows/row-chain.ts'
import type { Suspension } from '../rows/suspension.ts'
import { Limit } from './limit.ts'

/**
 * `pushRows`, `flushRows` and `driver` are there where the first operator calls functions that may return promises:
 * `pushRows` instead of `push` until it returns a suspension; then a driver, which resumes it and takes everything
 * from there on. At the end `flushRows` (or the driver's `flush`), then `finish`. A promise anywhere else is an error.
 */
export interface Chain extends Operator {
  pushRows?(batch: Batch, emit: Emit): Suspension | null
  flushRows?(emit: Emit): Suspension | null
  driver?(options: { readonly concurrency: number }): AsyncRowsDriver
  /** Nothing more comes of whatever is pushed: the input need not be read on. */
  readonly done: boolean
}

export function operatorChain(operators: readonly Operator[]): Chain {
  const chain = new OperatorChain(operators)
  const head = operators[0]
  if (head !== undefined && 'pushRows' in head) chain.suspendable(head as Suspendable)
  return chain
}

class OperatorChain implements Chain {
  readonly #operators: readonly Operator[]
  readonly #limits: readonly Limit[]
  /** What each operator gives goes to the next; made once, not for every batch. */
  readonly #emits: Emit[] = []
  #out: Emit = () => {}
  pushRows?: NonNullable<Chain['pushRows']>
  flushRows?: NonNullable<Chain['flushRows']>
  driver?: NonNullable<Chain['driver']>

  constructor(operators: readonly Operator[]) {
    this.#operators = operators
    this.#limits = operators.filter(operator => operator instanceof Limit)
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

  get done(): boolean {
    return this.#limits.some(limit => limit.done)
  }

  push(batch: Batch, emit: Emit): void {
    this.#out = emit
    const first = this.#operators[0]
    if (first === undefined) emit(batch)
    else first.push(batch, this.#emits[0]!)
  }

  finish(emit: Emit): void {
    this.#out = emit
    for (let i = 0; i < this.#operators.length; i++) this.#operators[i]!.finish(this.#emits[i]!)
  }
}
