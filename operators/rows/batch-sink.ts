/** Collects records into batches, cut by rows and bytes of the output alone. */
import type { Batch } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import type { Emit } from '../operator.ts'
import type { RowSink } from './row-sink.ts'

export class BatchSink implements RowSink {
  readonly wantsColumns = true
  readonly #builder: BatchBuilder

  constructor(operator: string) {
    this.#builder = new BatchBuilder({ operator })
  }

  add(record: unknown): void {
    this.#builder.add(record)
  }

  /** Rows that are columns already stay what they are. */
  push(batch: Batch, emit: Emit): void {
    this.finish(emit)
    emit(batch)
  }

  get full(): boolean {
    return this.#builder.isFull()
  }

  endBatch(emit: Emit): void {
    if (this.#builder.isFull()) this.#build(emit)
  }

  finish(emit: Emit): void {
    if (this.#builder.rows > 0) this.#build(emit)
  }

  #build(emit: Emit): void {
    const batch = this.#builder.build()
    if (batch !== null) emit(batch)
  }
}
