/** Rule: a filter moves towards the scan, into the inputs of a union and past a select that it does not notice. */

import { consumerCounts, consumersPastUnions } from '../draft/consumers.ts'
import { type Draft, type DraftNode, type StepDraft, stepDraft, unionDraft } from '../draft/draft.ts'
import { rewrite, untilStable } from '../draft/rewrite.ts'
import type { RuleFacts } from './rule.ts'

export function pushFilters(draft: Draft, facts: RuleFacts): Draft {
  return untilStable(draft, once => pushFiltersOnce(once, facts))
}

function pushFiltersOnce(draft: Draft, facts: RuleFacts): Draft {
  const consumers = consumerCounts(draft)
  const readers = consumersPastUnions(draft)
  return rewrite(draft, (node, before) => {
    const input = node.inputs[0]
    if (input === undefined || !isFilter(node)) return node
    // Another consumer wants the rows without this filter.
    if (consumers.get(before.inputs[0]!) !== 1) return node
    const above = (below: DraftNode): DraftNode => stepDraft(node.step, below, node.resources)
    if (input.kind === 'union') {
      // What several read is materialised once: better as one node than as one for each input.
      return readers.get(before) === 1 ? unionDraft(input.inputs.map(above), input.resources) : node
    }
    if (input.kind === 'step' && seesTheSameBelow(node, input, facts)) {
      return stepDraft(input.step, above(input.inputs[0]!), input.resources)
    }
    return node
  })
}

function isFilter(node: DraftNode): node is StepDraft {
  return (
    node.kind === 'step' && node.step.op === 'rows' && node.step.steps.every(step => step.kind === 'filter')
  )
}

/** Whether all that the filter reads stands below the select under the same names. */
function seesTheSameBelow(filter: StepDraft, { step }: StepDraft, { functions }: RuleFacts): boolean {
  if (step.op !== 'select' || filter.step.op !== 'rows') return false
  const unrenamed = new Set(step.columns.filter(({ from, as }) => from === as).map(({ as }) => as))
  return filter.step.steps.every(({ fn }) => {
    const known = functions.get(fn.fn)
    return known !== undefined && !known.escapes && known.reads.every(column => unrenamed.has(column))
  })
}
