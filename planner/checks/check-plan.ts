/** Everything about a logical plan that can be refused before anything runs. */
import type { Facts } from '../facts.ts'
import type { LogicalNode, LogicalPlan } from '../logical.ts'
import type { PlanOptions } from '../options.ts'
import { inputsOf, nodesOf } from '../walk.ts'
import { checkColumns } from './check-columns.ts'
import { checkFunctions } from './check-functions.ts'
import { checkNode } from './check-nodes.ts'
import { checkOutputs, checkSink } from './check-outputs.ts'
import { checkSides } from './check-sides.ts'
import { type KnownRecords, knownRecords } from './known-records.ts'

/** @throws DunlinError `INVALID_PLAN`, `UNKNOWN_COLUMN`, `NAME_CLASH` or `USER_FUNCTION`, with the place of the verb. */
export function checkPlan(plan: LogicalPlan, facts: Facts, options: PlanOptions): void {
  checkOutputs(plan, facts, options)
  const known = new Map<LogicalNode, KnownRecords | null>()
  for (const node of nodesOf(plan)) {
    checkNode(node)
    checkFunctions(node, facts)
    const inputs = inputsOf(node).map(input => known.get(input)!)
    checkColumns(node, inputs)
    checkSides(node, inputs)
    known.set(node, knownRecords(node, inputs))
  }
  for (const output of plan.outputs) checkSink(output, known.get(output.input)!)
}
