/** Rule: exchanges stand where rows of different tasks must meet; where one task has all rows, there is none. */

import { consumerCounts } from '../draft/consumers.ts'
import type { Draft, DraftNode, DraftOutput, ExchangeDraft, StepDraft } from '../draft/draft.ts'
import { rewrite } from '../draft/rewrite.ts'
import { gatherLimit } from './gather-limit.ts'
import { equalRowsMeet, JoinPlacer } from './place-joins.ts'
import { placeSort, placeTop } from './place-sort.ts'
import { RangeExchanges } from './range-exchange.ts'
import type { RuleFacts } from './rule.ts'
import { AggregateSplitter } from './split-aggregate.ts'

export function placeExchanges(draft: Draft, facts: RuleFacts): Draft {
  const taken = takenRows(draft)
  const { options } = facts
  const aggregates = new AggregateSplitter(options)
  const ranges = new RangeExchanges()
  const joins = new JoinPlacer(options, ranges)
  const placedStep = (node: StepDraft, before: DraftNode): DraftNode => {
    switch (node.step.op) {
      case 'aggregate':
        // After a set verb equal records have met already.
        if (node.step.keys === 'all' && equalRowsMeet(node.inputs[0]!)) return node
        return aggregates.split(node, node.step)
      case 'distinctBy':
        return joins.distinctBy(node, node.step)
      case 'sort':
        return placeSort(node, node.step, { ranges, options })
      case 'top':
        return placeTop(node, node.step)
      case 'limit':
        return taken.has(before) ? node : gatherLimit(node, node.step)
      default:
        return node
    }
  }
  const placed = rewrite(draft, (node, before) => {
    if (node.kind === 'step') return placedStep(node, before)
    if (node.kind === 'join') return joins.place(node)
    if (node.kind === 'exchange') return repartitioned(node, ranges)
    return node
  })
  const outputs = placed.outputs.map((output, i): DraftOutput => {
    const rows = taken.get(draft.outputs[i]!.root)
    return rows === undefined ? output : { ...output, until: { rows } }
  })
  return { outputs }
}

/** The limits of results that nobody else reads: they are left to the tasks, of which only as many run as need be. */
function takenRows(draft: Draft): ReadonlyMap<DraftNode, number> {
  const consumers = consumerCounts(draft)
  const taken = new Map<DraftNode, number>()
  for (const { output, root } of draft.outputs) {
    if (output.kind !== 'result' || root.kind !== 'step' || root.step.op !== 'limit') continue
    if (consumers.get(root) === 1) taken.set(root, root.step.rows)
  }
  return taken
}

/** The exchanges that a draft has from the start were asked for. */
function repartitioned(node: ExchangeDraft, ranges: RangeExchanges): DraftNode {
  const { partitioning, inputs, note, resources } = node
  const input = inputs[0]!
  if (partitioning.kind === 'gather') return input.tasks === 1 ? input : node
  if (partitioning.kind !== 'range') return node
  const { keys, partitions } = partitioning
  const data = ranges.data(input)
  return ranges.divide(data, ranges.splitters(data, { keys, partitions }), {
    keys,
    partitions,
    note,
    resources,
  })
}
