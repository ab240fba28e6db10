/** Rows on their way through runs, with the numbers that they may have. */
import type { Batch } from '../batch/batch.ts'
import { SEQUENCE, withoutSequence, withSequence } from '../spill/sequence.ts'

export interface NumberedRows {
  readonly batch: Batch
  readonly sequence: Float64Array | null
}

export const numbered = ({ batch, sequence }: NumberedRows): Batch =>
  sequence === null ? batch : withSequence(batch, sequence)

export function unnumbered(batch: Batch): NumberedRows {
  return batch.schema.fields.some(field => field.name === SEQUENCE)
    ? withoutSequence(batch)
    : { batch, sequence: null }
}
