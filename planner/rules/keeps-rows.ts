/** Steps that give one row for one row, in order. */
import type { StepDraft } from '../draft/draft.ts'
import type { PlanOptions } from '../options.ts'

/**
 * The first n rows that it gives are what it makes of the first n that it is given. Where bad records are skipped, a
 * function may give none for one.
 */
export function keepsRows({ step }: StepDraft, { onError }: PlanOptions): boolean {
  switch (step.op) {
    case 'select':
    case 'dropColumns':
      return true
    case 'addColumns':
      return onError === undefined
    case 'rows':
      return onError === undefined && step.steps.every(({ kind }) => kind === 'map')
    default:
      return false
  }
}
