/** What row functions feed: a `RecordSink` that says when it wants to emit. */
import type { Batch } from '../batch/batch.ts'
import type { Emit, RecordSink } from '../operator.ts'

export interface RowSink extends RecordSink {
  /**
   * True when `endBatch` must be called before the next `add`. It depends on the records alone, never on where
   * input batches end, so that what is emitted does not either.
   */
  readonly full: boolean
  /** Takes the rows of a batch instead of adding its records one by one. */
  push(batch: Batch, emit: Emit): void
  /** Records that are columns already are better pushed: it would build such columns again. */
  readonly wantsColumns?: true
}
