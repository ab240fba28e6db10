/** Batches as a table of apache-arrow, for people who go on with that library. */
import type { Table } from 'apache-arrow'
import type { Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import { encodeArrowFile } from './arrow-file.ts'

/** One table of all batches, whose schemas may differ as far as they unify; without batches it has no columns. */
export async function arrowTable(batches: readonly Batch[]): Promise<Table> {
  const { Table, tableFromIPC } = await import('apache-arrow')
  const schema = batches.reduce<Schema | null>((all, batch) => unifySchemas(all, batch.schema), null)
  if (schema === null) return new Table()
  const file = encodeArrowFile(schema, [batches.map(batch => castBatch(batch, schema))])
  return tableFromIPC(Buffer.concat(file.pieces))
}
