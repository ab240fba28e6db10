/** Part of placing exchanges: the first n rows of several tasks are the first n of the first n of each. */
import { type DraftNode, exchangeDraft, type Step, type StepDraft, stepDraft } from '../draft/draft.ts'

type LimitStep = Extract<Step, { op: 'limit' }>

/** A gather puts the tasks' rows in the order of the tasks, so the limit after it keeps the source's order. */
export function gatherLimit(node: StepDraft, step: LimitStep): DraftNode {
  if (node.tasks === 1) return node
  const note = `the first ${step.rows} rows of all tasks meet in one`
  return stepDraft(step, exchangeDraft({ kind: 'gather' }, node, note), node.resources)
}
