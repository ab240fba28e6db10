/** Rule: exchanges stand where rows of different tasks must meet; where one task has all rows, there is none. */

import { consumerCounts } from '../draft/consumers.ts'
import type { Draft, DraftNode, DraftOutput } from '../draft/draft.ts'
import { rewrite } from '../draft/rewrite.ts'
import { gatherLimit } from './gather-limit.ts'
import type { RuleFacts } from './rule.ts'
import { AggregateSplitter } from './split-aggregate.ts'

export function placeExchanges(draft: Draft, facts: RuleFacts): Draft {
  const consumers = consumerCounts(draft)
  const taken = new Map<DraftNode, number>()
  for (const { output, root } of draft.outputs) {
    if (output.kind !== 'result' || root.kind !== 'step' || root.step.op !== 'limit') continue
    if (consumers.get(root) === 1) taken.set(root, root.step.rows)
  }
  const aggregates = new AggregateSplitter(facts.options)
  const placed = rewrite(draft, (node, before) => {
    if (node.kind !== 'step') return node
    if (node.step.op === 'aggregate') return aggregates.split(node, node.step)
    if (node.step.op === 'limit' && !taken.has(before)) return gatherLimit(node, node.step)
    return node
  })
  const outputs = placed.outputs.map((output, i): DraftOutput => {
    const rows = taken.get(draft.outputs[i]!.root)
    return rows === undefined ? output : { ...output, until: { rows } }
  })
  return { outputs }
}
