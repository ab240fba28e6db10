/** Rule: neighbouring map, flatMap and filter become one operator, whose loop makes no batch in between. */
import { type Draft, stepDraft } from '../draft/draft.ts'
import { largest } from '../draft/resources.ts'
import { rewrite } from '../draft/rewrite.ts'

/** Async neighbours are fused with each other too, so that a record waits for its own calls only. */
export function fuseRows(draft: Draft): Draft {
  return rewrite(draft, node => {
    if (node.kind !== 'step' || (node.step.op !== 'rows' && node.step.op !== 'asyncRows')) return node
    const input = node.inputs[0]!
    if (input.kind !== 'step' || input.step.op !== node.step.op) return node
    const steps = [...input.step.steps, ...node.step.steps]
    return stepDraft({ ...node.step, steps }, input.inputs[0]!, largest(input.resources, node.resources))
  })
}
