/** Who reads the nodes of a draft. */
import type { Draft, DraftNode } from './draft.ts'
import { draftNodes } from './rewrite.ts'

/** How many times each node is read, by other nodes and by outputs. */
export function consumerCounts(draft: Draft): Map<DraftNode, number> {
  const counts = new Map<DraftNode, number>()
  const add = (node: DraftNode): void => void counts.set(node, (counts.get(node) ?? 0) + 1)
  for (const { root } of draft.outputs) add(root)
  for (const node of draftNodes(draft)) node.inputs.forEach(add)
  return counts
}

/**
 * The same, with the consumers of a union counted as consumers of each of its inputs: a union is no work, so whoever
 * reads it reads those.
 */
export function consumersPastUnions(draft: Draft): Map<DraftNode, number> {
  const counts = new Map<DraftNode, number>()
  const add = (node: DraftNode, by: number): void => void counts.set(node, (counts.get(node) ?? 0) + by)
  for (const { root } of draft.outputs) add(root, 1)
  for (const node of draftNodes(draft).reverse()) {
    const by = node.kind === 'union' ? counts.get(node)! : 1
    for (const input of node.inputs) add(input, by)
  }
  return counts
}
