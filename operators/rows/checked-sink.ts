/** CheckedSink: what row functions feed where bad records are skipped; keeps out what cannot be a record. */
import type { Batch } from '../batch/batch.ts'
import { RecordCheck } from '../batch/record-check.ts'
import type { Emit } from '../operator.ts'
import { type BadRecords, unskipped } from './bad-records.ts'
import type { RowSink } from './row-sink.ts'
import { asDunlinError } from './user-error.ts'

export class CheckedSink implements RowSink {
  readonly #sink: RowSink
  readonly #bad: BadRecords
  readonly #check: RecordCheck

  constructor(sink: RowSink, options: { readonly operator: string; readonly bad: BadRecords }) {
    this.#sink = sink
    this.#bad = options.bad
    this.#check = new RecordCheck({ operator: options.operator })
  }

  get full(): boolean {
    return this.#sink.full
  }

  add(record: unknown): void {
    const refusal = this.#check.refusal(record)
    if (refusal === null) {
      this.#sink.add(record)
      return
    }
    const error = unskipped(this.#bad, asDunlinError(refusal), record)
    if (error !== null) throw error
  }

  push(batch: Batch, emit: Emit): void {
    this.#sink.push(batch, emit)
  }

  endBatch(emit: Emit): void {
    this.#sink.endBatch(emit)
  }

  finish(emit: Emit): void {
    this.#sink.finish(emit)
  }
}
