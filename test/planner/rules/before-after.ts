/** What one rule does to a job: the draft before it and after it. */

import { draftOf } from '../../../planner/draft/to-draft.ts'
import type { LogicalOutput } from '../../../planner/index.ts'
import type { PlanOptions } from '../../../planner/options.ts'
import type { Rule } from '../../../planner/rules/rule.ts'
import { draftText } from '../draft-text.ts'
import type { Job } from '../job.ts'

export function beforeAfter(
  job: Job,
  outputs: readonly LogicalOutput[],
  rules: Rule | readonly Rule[],
  options: PlanOptions = {},
): string {
  const { facts } = job
  const functions = new Map([...facts.functions.values()].map(one => [one.index, one]))
  const before = draftOf({ outputs }, facts, options)
  const all = typeof rules === 'function' ? [rules] : rules
  const after = all.reduce((draft, rule) => rule(draft, { functions, options }), before)
  if (after === before) return `${draftText(before)}\n--- unchanged`
  return `${draftText(before)}\n--->\n${draftText(after)}`
}
