/** Rule: a node with several consumers is materialised once, by an exchange `none` that all of them read. */

import { consumersPastUnions } from '../draft/consumers.ts'
import { type Draft, type DraftNode, exchangeDraft, unionDraft, withInputs } from '../draft/draft.ts'
import { draftNodes } from '../draft/rewrite.ts'

/**
 * Afterwards every node but an exchange has exactly one consumer. Scans are not worth writing again: each consumer
 * reads the source itself. A union is nothing but its inputs: each consumer has its own, and the inputs are shared.
 */
export function shareNodes(draft: Draft): Draft {
  const nodes = draftNodes(draft)
  const consumers = consumersPastUnions(draft)
  const done = new Map<DraftNode, DraftNode>()
  /** What one consumer of `node` reads. */
  const forConsumer = (node: DraftNode): DraftNode => {
    const result = done.get(node)!
    if (consumers.get(node) === 1) return result
    if (result.kind === 'scan') return { ...result }
    if (result.kind === 'union') return unionDraft(result.inputs.map(copy), result.resources)
    return result
  }
  for (const node of nodes) {
    const built = withInputs(node, node.inputs.map(forConsumer))
    const readers = consumers.get(node)!
    const shared = readers > 1 && (node.kind === 'step' || node.kind === 'join')
    if (shared) done.set(node, exchangeDraft({ kind: 'none' }, built, `made once for ${readers} readers`))
    else done.set(node, isMadeTwice(built) ? built.inputs[0]! : built)
  }
  return { outputs: draft.outputs.map(output => ({ ...output, root: forConsumer(output.root) })) }
}

/** Rows that are there already once their readers share them need not be made once more to be read twice. */
function isMadeTwice(node: DraftNode): boolean {
  if (node.kind !== 'exchange' || node.partitioning.kind !== 'none') return false
  const input = node.inputs[0]!
  if (input.kind === 'exchange') return true
  return input.kind === 'union' && input.inputs.every(({ kind }) => kind === 'exchange' || kind === 'scan')
}

/** The inputs of a shared union are exchanges, or scans, of which each copy gets its own. */
function copy(node: DraftNode): DraftNode {
  return node.kind === 'scan' ? { ...node } : node
}
