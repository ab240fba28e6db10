/** Rule: a limit moves below steps that give one row for one row, so that those are called for no more than it keeps. */

import { consumerCounts } from '../draft/consumers.ts'
import { type Draft, type DraftNode, stepDraft } from '../draft/draft.ts'
import { largest } from '../draft/resources.ts'
import { rewrite, untilStable } from '../draft/rewrite.ts'
import { keepsRows } from './keeps-rows.ts'
import type { RuleFacts } from './rule.ts'

export function pushLimits(draft: Draft, facts: RuleFacts): Draft {
  return untilStable(draft, once => pushLimitsOnce(once, facts))
}

function pushLimitsOnce(draft: Draft, { options }: RuleFacts): Draft {
  const consumers = consumerCounts(draft)
  return rewrite(draft, (node, before) => {
    if (node.kind !== 'step' || node.step.op !== 'limit') return node
    const input = node.inputs[0]!
    if (input.kind !== 'step' || consumers.get(before.inputs[0]!) !== 1) return node
    if (input.step.op === 'limit') {
      const rows = Math.min(node.step.rows, input.step.rows)
      return stepDraft({ op: 'limit', rows }, input.inputs[0]!, largest(node.resources, input.resources))
    }
    if (!keepsRows(input, options)) return node
    const limited: DraftNode = stepDraft(node.step, input.inputs[0]!, node.resources)
    return stepDraft(input.step, limited, input.resources)
  })
}
