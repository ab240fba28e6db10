/** Rule: a join of two divided inputs stands in no branch of a union, whose tasks read one divided input each. */
import { type Draft, type DraftNode, exchangeDraft, isBroadcast } from '../draft/draft.ts'
import { draftNodes, rewrite } from '../draft/rewrite.ts'

const NOTE = 'joined before the union: a task of a union reads one input'

/** Stands after the sharing of nodes: each is in one stage only. */
export function partJoins(draft: Draft): Draft {
  const parted = joinsInUnions(draft)
  if (parted.size === 0) return draft
  return rewrite(draft, (node, before) =>
    parted.has(before) ? exchangeDraft({ kind: 'none' }, node, NOTE) : node,
  )
}

/** The topmost joins of two divided inputs that a union reads without an exchange between them. */
function joinsInUnions(draft: Draft): Set<DraftNode> {
  const found = new Set<DraftNode>()
  const inUnion = new Set<DraftNode>()
  for (const node of draftNodes(draft).reverse()) {
    if (node.kind === 'exchange' || (node.kind !== 'union' && !inUnion.has(node))) continue
    if (node.kind === 'join' && !node.inputs.some(isBroadcast)) found.add(node)
    else for (const input of node.inputs) inUnion.add(input)
  }
  return found
}
