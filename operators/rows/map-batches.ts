/** Calls a function with arrays of exactly so many records, and hands on the records that it returns. */
import type { Batch } from '../batch/batch.ts'
import { recordsOf } from '../batch/records.ts'
import type { Emit } from '../operator.ts'
import type { FunctionRef } from '../spec.ts'
import { AsyncRowsDriver } from './async-rows.ts'
import type { OperatorEnv } from './operator-env.ts'
import { cannotWait, type DriverOptions, type Suspendable } from './row-chain.ts'
import { type RowLoop, rowLoop } from './row-loop.ts'
import type { RowSink } from './row-sink.ts'
import { type BoundStep, namedText } from './row-step.ts'
import type { Suspension } from './suspension.ts'

export class MapBatches implements Suspendable {
  readonly #env: OperatorEnv
  readonly #size: number
  readonly #sink: RowSink
  /** A flatMap over "records" that are arrays of records. */
  readonly #steps: readonly BoundStep[]
  readonly #loop: RowLoop
  #waiting: unknown[] = []

  constructor(options: {
    readonly fn: FunctionRef
    readonly size: number
    readonly env: OperatorEnv
    readonly sink: RowSink
  }) {
    const { fn, env } = options
    this.#env = env
    this.#size = options.size
    this.#sink = options.sink
    const text = namedText('MapBatches', fn)
    this.#steps = [{ kind: 'flatMap', fn: env.functions[fn.fn]!, text, ref: fn, takesMany: true }]
    this.#loop = rowLoop(this.#steps, env)
  }

  push(batch: Batch, emit: Emit): void {
    this.#mustNotWait(this.pushRows(batch, emit))
  }

  pushRows(batch: Batch, emit: Emit): Suspension | null {
    return this.#call(this.#take(batch), emit)
  }

  flushRows(emit: Emit): Suspension | null {
    return this.#call(this.#rest(), emit)
  }

  driver(options: DriverOptions): AsyncRowsDriver {
    const source = { take: (batch: Batch) => this.#take(batch), rest: () => this.#rest() }
    return new AsyncRowsDriver({ steps: this.#steps, env: this.#env, sink: this.#sink, source, ...options })
  }

  finish(emit: Emit): void {
    this.#mustNotWait(this.flushRows(emit))
    this.#sink.finish(emit)
  }

  #call(groups: readonly unknown[], emit: Emit): Suspension | null {
    const suspension = this.#loop(groups, this.#env, this.#sink, emit)
    this.#sink.endBatch(emit)
    return suspension
  }

  #mustNotWait(suspension: Suspension | null): void {
    if (suspension !== null) throw cannotWait(this.#steps, suspension)
  }

  #take(batch: Batch): readonly unknown[][] {
    const groups: unknown[][] = []
    const records = recordsOf(batch)
    for (let from = 0; from < records.length; ) {
      const to = Math.min(records.length, from + this.#size - this.#waiting.length)
      for (; from < to; from++) this.#waiting.push(records[from])
      if (this.#waiting.length === this.#size) groups.push(this.#rest()[0]!)
    }
    return groups
  }

  #rest(): readonly unknown[][] {
    const group = this.#waiting
    this.#waiting = []
    return group.length === 0 ? [] : [group]
  }
}
