/** The rules, in the order in which they are applied. */
import type { Draft } from '../draft/draft.ts'
import { cutAsync } from './cut-async.ts'
import { fixNames } from './fix-names.ts'
import { fixSchemas } from './fix-schemas.ts'
import { flattenUnions } from './flatten-unions.ts'
import { fuseRows } from './fuse-rows.ts'
import { partJoins } from './part-joins.ts'
import { placeExchanges } from './place-exchanges.ts'
import { pruneColumns } from './prune-columns.ts'
import { pushFilters } from './push-filters.ts'
import { pushLimits } from './push-limits.ts'
import type { Rule, RuleFacts } from './rule.ts'
import { shareNodes } from './share-nodes.ts'
import { topOfSort } from './top-of-sort.ts'

/**
 * Those that push apply themselves until nothing moves. Unions are flat before filters are pushed into them, and again
 * after, when a filter between two of them is gone. What moves rows' steps comes before the exchanges
 * are placed, what only groups steps after; joins are parted from unions, and sure of names, when it is known which of
 * them share a stage, and pruning comes last, when it is known which steps a scan shares one with.
 */
const RULES: readonly Rule[] = [
  flattenUnions,
  pushFilters,
  flattenUnions,
  topOfSort,
  placeExchanges,
  pushLimits,
  shareNodes,
  partJoins,
  fixNames,
  fixSchemas,
  cutAsync,
  fuseRows,
  pruneColumns,
]

export function applyRules(draft: Draft, facts: RuleFacts): Draft {
  return RULES.reduce((current, rule) => rule(current, facts), draft)
}
