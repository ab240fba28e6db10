/** Batches from records, and the file that a writer makes of them: shared by the writers' tests. */
import { BatchBuilder } from '../../../operators/batch/batch-builder.ts'
import { createPartWriter } from '../../../operators/formats/part-writer.ts'
import type { Batch, Schema, WriteFormat } from '../../../operators/index.ts'

/** Several batches, so that a writer meets more than one. */
export function batchesOf(records: readonly unknown[], rowsEach = 7, schema?: Schema): Batch[] {
  const builder = new BatchBuilder({ operator: 'test', ...(schema === undefined ? {} : { schema }) })
  const batches: Batch[] = []
  const build = () => {
    const batch = builder.build()
    if (batch !== null) batches.push(batch)
  }
  for (const record of records) {
    builder.add(record)
    if (builder.rows === rowsEach) build()
  }
  build()
  return batches
}

export function fileOf(
  format: WriteFormat,
  batches: readonly Batch[],
  schema: Schema | null = null,
): Uint8Array {
  const writer = createPartWriter(format, schema)
  const pieces = batches.flatMap(batch => writer.push(batch))
  return Buffer.concat([...pieces, ...writer.finish()])
}

export function textOf(format: WriteFormat, records: readonly unknown[], schema?: Schema): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    fileOf(format, batchesOf(records, 7, schema), schema),
  )
}
