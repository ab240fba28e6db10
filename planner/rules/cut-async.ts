/** Rule: an async function is a step of its own kind, which the task drives with a bounded window. */
import { type Draft, stepDraft } from '../draft/draft.ts'
import { rewrite } from '../draft/rewrite.ts'
import type { RuleFacts } from './rule.ts'

/** Stands before the fusing of rows: each step of a `rows` still has a node of its own. */
export function cutAsync(draft: Draft, { functions }: RuleFacts): Draft {
  return rewrite(draft, node => {
    if (node.kind !== 'step' || node.step.op !== 'rows') return node
    const waits = node.step.steps.some(({ fn }) => functions.get(fn.fn)?.async === true)
    return waits ? stepDraft({ ...node.step, op: 'asyncRows' }, node.inputs[0]!, node.resources) : node
  })
}
