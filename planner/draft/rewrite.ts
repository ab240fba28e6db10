/** Rewriting a draft: every node once, inputs first, shared nodes staying shared. */
import { postOrder } from '../post-order.ts'
import { type Draft, type DraftNode, withInputs } from './draft.ts'

export function draftNodes(draft: Draft): DraftNode[] {
  return postOrder(
    draft.outputs.map(output => output.root),
    node => node.inputs,
  )
}

/**
 * Replaces each node by what `visit` makes of it. `visit` is given the node over its inputs as already replaced, and
 * the node as it was. A draft in which nothing changed is returned itself.
 */
export function rewrite(draft: Draft, visit: (node: DraftNode, before: DraftNode) => DraftNode): Draft {
  const replaced = new Map<DraftNode, DraftNode>()
  let changed = false
  for (const before of draftNodes(draft)) {
    const inputs = before.inputs.map(input => replaced.get(input)!)
    const same = inputs.every((input, i) => input === before.inputs[i])
    const after = visit(same ? before : withInputs(before, inputs), before)
    if (after !== before) changed = true
    replaced.set(before, after)
  }
  if (!changed) return draft
  return { outputs: draft.outputs.map(output => ({ ...output, root: replaced.get(output.root)! })) }
}

/** Applies a rule until it changes nothing. */
export function untilStable(draft: Draft, rule: (draft: Draft) => Draft): Draft {
  for (;;) {
    const next = rule(draft)
    if (next === draft) return draft
    draft = next
  }
}
