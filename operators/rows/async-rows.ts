/** Runs row functions that return promises: a bounded window of calls in flight, the order of the records kept. */
import type { Batch } from '../batch/batch.ts'
import { DunlinError } from '../errors.ts'
import type { Emit } from '../operator.ts'
import type { OperatorEnv } from './operator-env.ts'
import { closeIterators, flatMapPromise } from './row-loop.ts'
import type { RowSink } from './row-sink.ts'
import { allOf, type BoundStep, openIterable, refuseThenable, TRUTHY } from './row-step.ts'
import { skippedOrError } from './skipped-record.ts'
import type { Suspension } from './suspension.ts'
import { heldPromise, isThenable } from './thenable.ts'
import { userError } from './user-error.ts'

/** Where the driver's records come from: of each batch, and what is left over when the input has ended. */
export interface RecordSource {
  take(batch: Batch): readonly unknown[]
  rest(): readonly unknown[]
}

/** A call of a step's function, in the order of the calls; its result waits for those before it. */
interface Entry {
  state: 'pending' | 'done' | 'failed'
  /** The result, or the error. */
  value: unknown
  readonly given: unknown
}

/** What has been called of one step, and not yet been handed to the next. */
interface StepState {
  readonly calls: Entry[]
  /** The flatMap result that is being handed on, older than all `calls`. */
  rest: Iterator<unknown> | null
  restOf: unknown
  /** Something among `calls` has failed: what comes after it will never be needed. */
  failed: boolean
}

/**
 * Each step's function is called in the order of its records, whatever order promises settle in; a step's results
 * go on to the next step in that order. So the only thing that timing can change is how calls of different steps
 * interleave.
 *
 * - At most `concurrency` promises are in flight, and a step is not called while `concurrency` results of it and of
 *   later steps wait for their turn: memory is bounded, also behind a slow record.
 * - The error of the earliest record wins; where bad records are skipped, they are in the order of the records. No
 *   rejection is left unhandled.
 * - `env.task.signal` stops it with `CANCELLED`.
 */
export class AsyncRowsDriver {
  readonly #steps: readonly BoundStep[]
  readonly #states: readonly StepState[]
  readonly #env: OperatorEnv
  readonly #sink: RowSink
  readonly #concurrency: number
  readonly #source: RecordSource
  readonly #through: (emit: Emit) => Emit
  #emit: Emit = () => {}
  #pending = 0
  #failed = false
  #wake: () => void = () => {}

  constructor(options: {
    readonly steps: readonly BoundStep[]
    readonly env: OperatorEnv
    readonly sink: RowSink
    /** Calls in flight, at least 1. */
    readonly concurrency: number
    readonly source: RecordSource
    /** Where what is emitted goes on its way to the `emit` of a call. */
    readonly through?: (emit: Emit) => Emit
  }) {
    this.#steps = options.steps
    this.#states = options.steps.map(() => ({ calls: [], rest: null, restOf: undefined, failed: false }))
    this.#env = options.env
    this.#sink = options.sink
    this.#concurrency = Math.max(1, options.concurrency)
    this.#source = options.source
    this.#through = options.through ?? (emit => emit)
  }

  /** Resolves when every record has been taken; some may still be in flight. */
  async push(batch: Batch, emit: Emit): Promise<void> {
    await this.#run(this.#source.take(batch), 0, emit)
  }

  /** Goes on where a loop without waiting stopped, to the end of its records. */
  async resume(suspension: Suspension, emit: Emit): Promise<void> {
    for (const { step, rest, given } of suspension.frames)
      Object.assign(this.#states[step]!, { rest, restOf: given })
    const { step, promise, value } = suspension
    this.#states[step]!.calls.push(this.#await(step, promise, value))
    await this.#run(suspension.records, suspension.row + 1, emit)
  }

  /** Resolves when everything pushed has reached the sink, which stays open. */
  async flush(emit: Emit): Promise<void> {
    await this.#run(this.#source.rest(), 0, emit)
    await this.#orClose(async () => {
      while (this.#waiting(0) > 0) await this.#untilSettled()
      this.#sink.endBatch(this.#emit)
    })
  }

  #run(records: readonly unknown[], from: number, emit: Emit): Promise<void> {
    this.#emit = this.#through(emit)
    return this.#orClose(async () => {
      for (let row = from; row < records.length; ) {
        while (!this.#failed && row < records.length && this.#mayEnter(0)) this.#enter(0, records[row++])
        if (row < records.length) await this.#untilSettled()
      }
      this.#sink.endBatch(this.#emit)
    })
  }

  /** Lets the user's generators run their `finally` where it ends early. */
  async #orClose(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      closeIterators(this.#states.map(state => state.rest))
      throw error
    }
  }

  /** Waits for a promise to settle, then hands on whatever is ready, the latest step first. */
  async #untilSettled(): Promise<void> {
    const { signal } = this.#env.task
    if (this.#advance()) return
    if (this.#pending === 0) throw new DunlinError('INTERNAL', 'async rows: nothing in flight, nothing ready')
    if (!signal.aborted) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
        signal.addEventListener('abort', this.#wake, { once: true })
      })
      signal.removeEventListener('abort', this.#wake)
    }
    if (signal.aborted) {
      if (signal.reason instanceof DunlinError) throw signal.reason
      throw new DunlinError('CANCELLED', 'the task was stopped while user functions were running', {
        cause: signal.reason,
      })
    }
    this.#advance()
  }

  #advance(): boolean {
    let progress = false
    for (let moved = true; moved; ) {
      moved = false
      for (let k = this.#steps.length - 1; k >= 0; k--) while (this.#handOn(k)) moved = true
      progress ||= moved
    }
    return progress
  }

  /** Hands one record from step `k` to the next step; false where none is ready or the next step has no room. */
  #handOn(k: number): boolean {
    const state = this.#states[k]!
    if (state.rest !== null) {
      if (!this.#mayEnter(k + 1)) return false
      let next: IteratorResult<unknown>
      try {
        next = state.rest.next()
      } catch (thrown) {
        state.rest = null
        state.calls.unshift(this.#failure(k, thrown, state.restOf))
        return true
      }
      if (next.done === true) state.rest = null
      else this.#enter(k + 1, next.value)
      return true
    }
    const [head] = state.calls
    if (head === undefined || head.state === 'pending') return false
    if (head.state === 'failed') {
      // What is still under way after this step belongs to earlier records, and may fail too: those errors win.
      if (this.#waiting(k + 1) > 0) return false
      const error = this.#unskipped(k, head)
      if (error !== null) throw error
      state.calls.shift()
      return true
    }
    if (!this.#mayEnter(k + 1)) return false
    state.calls.shift()
    this.#deliver(k, head.value, head.given)
    return true
  }

  /** Null where the record is skipped, in its turn. */
  #unskipped(k: number, { value, given }: Entry): unknown {
    const { bad } = this.#env
    return bad === undefined ? value : skippedOrError(bad, this.#steps[k]!, value, given)
  }

  /** Calls step `k`. What was called before it and has not been handed on goes first. */
  #enter(k: number, value: unknown): void {
    const step = this.#steps[k]
    if (step === undefined) {
      this.#sink.add(value)
      if (this.#sink.full) this.#sink.endBatch(this.#emit)
      return
    }
    const state = this.#states[k]!
    if (state.failed) return
    const call = this.#call(k, step, value)
    if (call === null) return
    if (call.state === 'done' && state.calls.length === 0 && state.rest === null)
      this.#deliver(k, call.value, value)
    else state.calls.push(call)
  }

  /** Null where a filter said no. */
  #call(k: number, step: BoundStep, given: unknown): Entry | null {
    try {
      const result = (step.fn as (record: unknown, task: unknown) => unknown)(given, this.#env.task)
      if (step.kind === 'filter') {
        refuseThenable(result, TRUTHY)
        return result ? { state: 'done', value: given, given } : null
      }
      const promise =
        step.kind === 'flatMap' ? asPromise(result) : isThenable(result) ? heldPromise(result) : null
      if (promise !== null) return this.#await(k, promise, given)
      return { state: 'done', value: step.kind === 'flatMap' ? this.#iteratorOf(result) : result, given }
    } catch (thrown) {
      return this.#failure(k, thrown, given)
    }
  }

  #deliver(k: number, result: unknown, given: unknown): void {
    if (this.#steps[k]!.kind !== 'flatMap') {
      this.#enter(k + 1, result)
      return
    }
    const state = this.#states[k]!
    state.rest = result as Iterator<unknown>
    state.restOf = given
    while (state.rest !== null && this.#handOn(k));
  }

  #await(k: number, promise: Promise<unknown>, given: unknown): Entry {
    const entry: Entry = { state: 'pending', value: undefined, given }
    this.#pending++
    const fail = (thrown: unknown) => Object.assign(entry, this.#failure(k, thrown, given))
    const resolved = (value: unknown) => {
      try {
        entry.value = this.#steps[k]!.kind === 'flatMap' ? this.#iteratorOf(value) : value
        entry.state = 'done'
      } catch (thrown) {
        fail(thrown)
      }
    }
    void promise.then(resolved, fail).then(() => {
      this.#pending--
      this.#wake()
    })
    return entry
  }

  #failure(k: number, thrown: unknown, given: unknown): Entry {
    // Whether it is skipped is decided in its turn; until then the records after it go on.
    if (this.#env.bad !== undefined) return { state: 'failed', value: thrown, given }
    this.#states[k]!.failed = this.#failed = true
    return { state: 'failed', value: userError(this.#steps[k]!, thrown, given), given }
  }

  /** Where bad records are skipped, a flatMap gives all of a record or nothing. */
  #iteratorOf(result: unknown): Iterator<unknown> {
    if (Array.isArray(result)) return result[Symbol.iterator]()
    return this.#env.bad === undefined ? openIterable(result) : allOf(result)[Symbol.iterator]()
  }

  /** Calls of step `k` and later ones whose results have not reached the sink. */
  #waiting(k: number): number {
    let waiting = 0
    for (let j = k; j < this.#states.length; j++) {
      waiting += this.#states[j]!.calls.length + (this.#states[j]!.rest === null ? 0 : 1)
    }
    return waiting
  }

  #mayEnter(k: number): boolean {
    if (k === this.#steps.length) return true
    return this.#pending < this.#concurrency && this.#waiting(k) < this.#concurrency
  }
}

const asPromise = (result: unknown): Promise<unknown> | null =>
  Array.isArray(result) ? null : flatMapPromise(result)
