/** What row functions feed: a `RecordSink` that says when it wants to emit. */
import type { RecordSink } from '../operator.ts'

export interface RowSink extends RecordSink {
  /**
   * True when `endBatch` must be called before the next `add`. It depends on the records alone, never on where
   * input batches end, so that what is emitted does not either.
   */
  readonly full: boolean
}
