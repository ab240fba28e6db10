/** Small batches joined to larger ones: rows that came back from many runs stand in many pieces. */
import { BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import type { Schema } from '../batch/column-type.ts'
import { batchBytes } from '../batch/size.ts'

/**
 * The same rows in the same order. A batch that is large already is passed on as it is.
 *
 * @param options.schema that of all batches
 * @param options.joinBytes counted bytes at which a batch is large
 */
export async function* joinedBatches(
  batches: AsyncIterable<Batch>,
  options: { readonly schema: Schema; readonly joinBytes: number },
): AsyncGenerator<Batch> {
  const { schema, joinBytes } = options
  const appender = new BatchAppender(schema)
  for await (const batch of batches) {
    const bytes = batchBytes(batch)
    const full =
      bytes >= joinBytes ||
      appender.sizeBytes + bytes > joinBytes ||
      appender.rows + batch.length > BATCH_ROWS
    if (full && appender.rows > 0) yield appender.build()!
    if (bytes >= joinBytes) yield batch
    else appender.appendRange(batch, 0, batch.length)
  }
  if (appender.rows > 0) yield appender.build()!
}
