/** A rule: draft in, draft out, with the same meaning. */
import type { Draft } from '../draft/draft.ts'
import type { FunctionFacts } from '../facts.ts'
import type { PlanOptions } from '../options.ts'

export interface RuleFacts {
  /** By index in the shipped module. */
  readonly functions: ReadonlyMap<number, FunctionFacts>
  readonly options: PlanOptions
}

export type Rule = (draft: Draft, facts: RuleFacts) => Draft
