/** Rule: neighbouring map, flatMap and filter become one operator, whose loop makes no batch in between. */
import type { RowStep } from '../../operators/index.ts'
import { type Draft, type DraftNode, type StepDraft, stepDraft } from '../draft/draft.ts'
import { largest } from '../draft/resources.ts'
import { draftNodes, rewrite } from '../draft/rewrite.ts'

type RowsDraft = StepDraft & {
  readonly step: { readonly op: 'rows' | 'asyncRows'; readonly steps: readonly RowStep[] }
}

function isRows(node: DraftNode): node is RowsDraft {
  return node.kind === 'step' && (node.step.op === 'rows' || node.step.op === 'asyncRows')
}

/** The neighbour below that `node` is one operator with. Async ones fuse with each other: a record waits for its own calls. */
function below(node: RowsDraft): RowsDraft | null {
  const input = node.inputs[0]!
  return isRows(input) && input.step.op === node.step.op ? input : null
}

export function fuseRows(draft: Draft): Draft {
  const fusedAbove = new Set<DraftNode>()
  for (const node of draftNodes(draft)) {
    const input = isRows(node) ? below(node) : null
    if (input !== null) fusedAbove.add(input)
  }
  // Only the top of a run fuses it, all at once: fusing pair by pair would copy the steps again and again.
  return rewrite(draft, (node, before) => (isRows(node) && !fusedAbove.has(before) ? fused(node) : node))
}

function fused(top: RowsDraft): StepDraft {
  const steps: RowStep[] = [...top.step.steps].reverse()
  let { resources } = top
  let lowest = top
  for (let next = below(top); next !== null; next = below(next)) {
    steps.push(...[...next.step.steps].reverse())
    resources = largest(resources, next.resources)
    lowest = next
  }
  if (lowest === top) return top
  return stepDraft({ ...top.step, steps: steps.reverse() }, lowest.inputs[0]!, resources)
}
