/** Planning: from what was asked to what will run. Pure: equal arguments give equal plans. */
import { canonicalText } from './canonical-text.ts'
import { checkPlan } from './checks/check-plan.ts'
import { cutStages } from './cut-stages.ts'
import { draftOf } from './draft/to-draft.ts'
import type { Facts, FunctionFacts } from './facts.ts'
import { fingerprintOf } from './fingerprint.ts'
import { frozen } from './frozen.ts'
import type { LogicalPlan } from './logical.ts'
import { mergeWide } from './merge-wide.ts'
import { checkOptions, type PlanOptions } from './options.ts'
import type { PhysicalPlan, Planned } from './physical.ts'
import { applyRules } from './rules/rules.ts'
import { wavesOf } from './waves.ts'

function byIndex(facts: Facts): ReadonlyMap<number, FunctionFacts> {
  return new Map([...facts.functions.values()].map(one => [one.index, one]))
}

/**
 * Plans a job. `facts.listings` has to cover `scansOf(logical)` but for ranges, and `facts.functions` has to cover
 * `functionsOf(logical)`. The engine's facts decide how wide exchanges are made, which changes no result; all else is
 * read by `explainText` alone.
 *
 * @throws DunlinError `INVALID_PLAN`, `UNKNOWN_COLUMN`, `USER_FUNCTION` or `INVALID_ARGUMENT` for what cannot be planned.
 *
 * @example
 * const planned = plan({ outputs: [{ kind: 'result', input }] }, facts)
 * planned.plan.stages.length
 */
export function plan(logical: LogicalPlan, facts: Facts, options: PlanOptions = {}): Planned {
  checkOptions(options)
  checkPlan(logical, facts, options)
  const draft = applyRules(draftOf(logical, facts, options), { functions: byIndex(facts), options })
  const { stages, splits, notes } = mergeWide(cutStages(draft, options), facts.engine, options)
  const unsigned = { version: 1 as const, stages, codeHash: facts.codeHash }
  const text = canonicalText(unsigned)
  const physical: PhysicalPlan = { ...unsigned, waves: wavesOf(stages), fingerprint: fingerprintOf(text) }
  return Object.freeze({ plan: frozen(physical), text, splits, notes })
}
