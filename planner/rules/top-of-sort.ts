/** Rule: the first rows of a sort that nobody else reads are a top, which holds no more than those. */
import { consumerCounts } from '../draft/consumers.ts'
import { type Draft, type DraftNode, type StepDraft, stepDraft } from '../draft/draft.ts'
import { largest } from '../draft/resources.ts'
import { rewrite, untilStable } from '../draft/rewrite.ts'
import { keepsRows } from './keeps-rows.ts'
import type { RuleFacts } from './rule.ts'

/** A task holds them all, and one task the first of all tasks; more are sorted, on disk if need be. */
const MAX_ROWS = 10_000

export function topOfSort(draft: Draft, facts: RuleFacts): Draft {
  return untilStable(draft, once => topOfSortOnce(once, facts))
}

function topOfSortOnce(draft: Draft, { options }: RuleFacts): Draft {
  const consumers = consumerCounts(draft)
  return rewrite(draft, (node, before) => {
    // What changed below is looked at in the next round, when its readers have been counted.
    if (node !== before) return node
    if (node.kind !== 'step' || node.step.op !== 'limit' || node.step.rows > MAX_ROWS) return node
    const between: StepDraft[] = []
    let below = node.inputs[0]!
    for (; below.kind === 'step' && consumers.get(below) === 1; below = below.inputs[0]!) {
      if (!keepsRows(below, options)) break
      between.push(below)
    }
    if (below.kind !== 'step' || consumers.get(below) !== 1) return node
    const top = limited(below, node.step.rows, node.resources)
    return top === null ? node : between.reduceRight<DraftNode>(over, top)
  })
}

function limited({ step, inputs, resources }: StepDraft, rows: number, asked: StepDraft['resources']) {
  const both = largest(resources, asked)
  if (step.op === 'sort') return stepDraft({ op: 'top', keys: step.keys, rows }, inputs[0]!, both)
  if (step.op === 'top') {
    return stepDraft({ ...step, rows: Math.min(step.rows, rows) }, inputs[0]!, both)
  }
  return null
}

function over(below: DraftNode, { step, resources }: StepDraft): DraftNode {
  return stepDraft(step, below, resources)
}
