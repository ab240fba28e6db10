/** Keeps the first rows. */
import type { Batch } from '../batch/batch.ts'
import { sliceBatch } from '../batch/take.ts'
import type { Emit, Operator } from '../operator.ts'

export class Limit implements Operator {
  #left: number

  constructor(rows: number) {
    this.#left = rows
  }

  /** Nothing more comes of whatever is pushed. */
  get done(): boolean {
    return this.#left === 0
  }

  push(batch: Batch, emit: Emit): void {
    const rows = Math.min(this.#left, batch.length)
    if (rows === 0) return
    this.#left -= rows
    emit(sliceBatch(batch, 0, rows))
  }

  finish(): void {}
}
