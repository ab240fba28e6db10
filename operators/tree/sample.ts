/** Keeps each row with a probability, decided by where it stands. */
import type { Batch } from '../batch/batch.ts'
import { KeptRows } from '../batch/kept-rows.ts'
import type { Emit, Operator } from '../operator.ts'
import { finish, hashNumber, round } from '../partition/murmur.ts'
import type { OperatorEnv } from '../rows/operator-env.ts'
import type { SampleSpec } from '../spec.ts'

const TWO_32 = 0x1_0000_0000

export interface SampleOptions extends Pick<SampleSpec, 'fraction' | 'seed'> {
  readonly env: Pick<OperatorEnv, 'task'>
}

/** Row r of task t stays if the hash of seed, t and r, as a share of all hashes, is below the fraction. */
export class Sample implements Operator {
  readonly #limit: number
  /** The hash of seed and task. */
  readonly #state: number
  readonly #kept = new KeptRows()
  #rows = new Int32Array(0)
  /** Rows so far. */
  #row = 0

  constructor({ fraction, seed, env }: SampleOptions) {
    this.#limit = fraction * TWO_32
    this.#state = hashNumber(env.task.index, hashNumber(seed, 0))
  }

  push(batch: Batch, emit: Emit): void {
    const { length } = batch
    if (this.#rows.length < length) this.#rows = new Int32Array(length)
    const rows = this.#rows
    const limit = this.#limit
    const state = this.#state
    const first = this.#row
    let kept = 0
    for (let row = 0; row < length; row++) {
      if (hashRow(state, first + row) < limit) rows[kept++] = row
    }
    this.#row = first + length
    this.#kept.push(batch, rows, kept, emit)
  }

  finish(emit: Emit): void {
    this.#kept.finish(emit)
  }
}

/** Both halves of the number of a row, which may be past 2^32. */
const hashRow = (state: number, row: number): number =>
  finish(round(round(state, row | 0), Math.floor(row / TWO_32))) >>> 0
