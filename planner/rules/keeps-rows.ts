/** Steps that give one row for one row, in order. */
import type { StepDraft } from '../draft/draft.ts'

/** The first n rows that it gives are what it makes of the first n that it is given. */
export function keepsRows({ step }: StepDraft): boolean {
  switch (step.op) {
    case 'select':
    case 'addColumns':
    case 'dropColumns':
      return true
    case 'rows':
      return step.steps.every(({ kind }) => kind === 'map')
    default:
      return false
  }
}
