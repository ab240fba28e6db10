/** The first row of each key, of rows as they come: `PartialDistinctBy` before an exchange, `FinalDistinctBy` after it. */
import type { Batch } from '../batch/batch.ts'
import type { AsyncEmit, Emit, Operator, PipelineBreaker } from '../operator.ts'
import type { BreakerEnv, OperatorEnv } from '../rows/operator-env.ts'
import { withoutSequence, withSequence } from '../spill/sequence.ts'
import { DistinctRows } from './distinct-rows.ts'
import { KeptOutput } from './kept-output.ts'
import { SeenKeys } from './seen-keys.ts'

/** After each so many rows the size of the keys is looked at, wherever batches end. Few, as keys may be long. */
const CHECK_ROWS = 256

interface DistinctByOptions<Env> {
  readonly keys: readonly string[]
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  readonly env: Env
}

/**
 * Lets pass the first row of each key, and where there are more keys than it may hold some others: it forgets them all
 * then, at row numbers that depend on the rows alone.
 */
export class PartialDistinctBy implements Operator {
  readonly #seen: SeenKeys
  readonly #output: KeptOutput
  readonly #limitBytes: number
  #count = 0
  #rows = new Int32Array(0)

  constructor({ keys, operator, env }: DistinctByOptions<Pick<OperatorEnv, 'budgetBytes'>>) {
    this.#seen = new SeenKeys(keys, operator)
    this.#output = new KeptOutput({ columns: keys, operator })
    this.#limitBytes = env.budgetBytes
  }

  push(pushed: Batch, emit: Emit): void {
    const { length } = pushed
    if (length === 0) return
    if (this.#rows.length < length) this.#rows = new Int32Array(length)
    const batch = this.#output.meet(pushed)
    let kept = 0
    for (let from = 0; from < length; ) {
      const to = Math.min(length, from + CHECK_ROWS - (this.#count % CHECK_ROWS))
      kept = this.#seen.firsts(batch, from, to, this.#rows, kept)
      this.#count += to - from
      from = to
      if (this.#count % CHECK_ROWS === 0 && this.#seen.sizeBytes > this.#limitBytes) this.#seen.forget()
    }
    this.#output.keep(batch, this.#rows, kept, emit)
  }

  finish(emit: Emit): void {
    const rest = this.#output.finish()
    if (rest !== null) emit(rest)
  }
}

/** Gives exactly the first row of each key, in the order of the rows, which is the same for any budget. */
export class FinalDistinctBy implements PipelineBreaker {
  readonly order = [0]
  readonly #rows: DistinctRows
  readonly #output: KeptOutput
  #count = 0

  constructor({ keys, operator, env }: DistinctByOptions<Pick<BreakerEnv, 'budgetBytes' | 'runs'>>) {
    const { budgetBytes, runs } = env
    this.#rows = new DistinctRows({ keys, operator, budgetBytes, runs })
    this.#output = new KeptOutput({ columns: keys, operator, batchBytes: budgetBytes / 16 })
  }

  /** Counted bytes in memory. */
  get sizeBytes(): number {
    return this.#rows.sizeBytes + this.#output.sizeBytes
  }

  async push(_input: number, pushed: Batch, emit: AsyncEmit): Promise<void> {
    if (pushed.length === 0) return
    const batch = this.#output.meet(pushed)
    const first = this.#count
    this.#count += batch.length
    const numbered = (): Batch =>
      withSequence(
        batch,
        new Float64Array(batch.length).map((_, row) => first + row),
      )
    await this.#rows.push(batch, numbered, async (_, rows, count) => {
      const full: Batch[] = []
      this.#output.keep(batch, rows, count, one => full.push(one))
      for (const one of full) await emit(one)
    })
  }

  async end(_input: number, emit: AsyncEmit): Promise<void> {
    const rest = this.#output.finish()
    if (rest !== null) await emit(rest)
    await this.#rows.finish(async numbered => {
      await emit(this.#output.cast(withoutSequence(numbered).batch))
    })
  }

  async close(): Promise<void> {
    await this.#rows.close()
  }
}
