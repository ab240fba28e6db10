/** Law 8 at a barrier: what a stage read through its exchanges is what the stages it reads committed. */
import type { Failure, OperatorSpec } from '../../operators/index.ts'
import type { Stage } from '../../planner/index.ts'

/** What a stage that another reads has committed. */
export interface Produced {
  readonly stage: Stage
  /** Rows that were committed, as often as tasks read them: a broadcast is read by all that need it. */
  readonly rows: number
}

/**
 * Null, or the failure where the counts differ. Each input counts, also where two of them are the same stage.
 * A stage that may stop early (a partial wave, a limit) may read less, never more.
 */
export function conservationFailure(
  stage: Stage,
  rowsRead: number,
  produced: readonly Produced[],
): Failure | null {
  const rowsProduced = produced.reduce((sum, p) => sum + p.rows, 0)
  const mayStopEarly = stage.until !== undefined || hasLimit(stage.root)
  if (rowsRead === rowsProduced || (mayStopEarly && rowsRead < rowsProduced)) return null
  const producers = produced.map(p => `stage ${p.stage.id} (${p.stage.title}): ${p.rows}`).join(', ')
  return {
    code: 'ROWS_NOT_CONSERVED',
    message:
      `stage ${stage.id} (${stage.title}) read ${rowsRead} rows through its exchanges, ` +
      `but ${rowsProduced} were committed by ${producers === '' ? 'no stage' : producers}`,
    hint: 'A shuffle object was lost, doubled or changed between the stages; run the job again.',
    retryable: false,
    place: { stage: stage.id },
    causes: [],
  }
}

function hasLimit(spec: OperatorSpec): boolean {
  switch (spec.op) {
    case 'limit':
      return true
    case 'input':
      return false
    case 'union':
    case 'join':
      return spec.inputs.some(hasLimit)
    default:
      return hasLimit(spec.input)
  }
}
