/** Part of placing exchanges: several tasks sort what one range each of all rows holds. */
import { type DraftNode, exchangeDraft, type Step, type StepDraft, stepDraft } from '../draft/draft.ts'
import type { PlanOptions } from '../options.ts'
import { partitionsFor, staysInOneTask } from './partitions.ts'
import type { RangeExchanges } from './range-exchange.ts'

type SortStep = Extract<Step, { op: 'sort' }>
type TopStep = Extract<Step, { op: 'top' }>

export function placeSort(
  node: StepDraft,
  { keys }: SortStep,
  { ranges, options }: { readonly ranges: RangeExchanges; readonly options: PlanOptions },
): DraftNode {
  if (staysInOneTask(node)) return node
  const { partitions: _, ...resources } = node.resources
  const above = (rows: DraftNode): DraftNode => stepDraft({ op: 'sort', keys }, rows, node.resources)
  const partitions = partitionsFor(node, options)
  const input = node.inputs[0]!
  if (partitions === 1) {
    return above(exchangeDraft({ kind: 'gather' }, input, 'one task sorts all rows', { resources }))
  }
  const data = ranges.data(input)
  const splitters = ranges.splitters(data, { keys, partitions })
  const note = 'each task sorts one range of the rows'
  return above(ranges.divide(data, splitters, { keys, partitions, note, resources }))
}

/** The first n rows of all tasks are the first n of the first n of each. */
export function placeTop(node: StepDraft, step: TopStep): DraftNode {
  if (node.tasks === 1) return node
  const note = `the first ${step.rows} rows of all tasks meet in one`
  return stepDraft(step, exchangeDraft({ kind: 'gather' }, node, note), node.resources)
}
