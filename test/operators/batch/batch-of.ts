/** Batches of records, as tests write them. */
import type { Batch } from '../../../operators/batch/batch.ts'
import { BatchBuilder } from '../../../operators/batch/batch-builder.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'

/** One batch of the records, of which there must be some. */
export function batchOf(records: readonly unknown[], schema?: Schema): Batch {
  const builder = new BatchBuilder({ operator: 'Map test', ...(schema === undefined ? {} : { schema }) })
  for (const record of records) builder.add(record)
  return builder.build()!
}

/** The records cut into batches of up to `size` rows by builders that know nothing of each other. */
export function batchesOf(records: readonly unknown[], size: number): Batch[] {
  const batches: Batch[] = []
  for (let at = 0; at < records.length; at += size) batches.push(batchOf(records.slice(at, at + size)))
  return batches
}
