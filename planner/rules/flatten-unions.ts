/** Rule: a union right inside a union becomes part of it. */
import { type Draft, type DraftNode, type UnionDraft, unionDraft } from '../draft/draft.ts'
import { largest } from '../draft/resources.ts'
import { draftNodes, rewrite } from '../draft/rewrite.ts'
import { MAX_TASKS, tooManyTasks } from '../max-tasks.ts'

export function flattenUnions(draft: Draft): Draft {
  const tops = outermost(draft)
  return rewrite(draft, (node, before) =>
    node.kind === 'union' && tops.has(before) ? flattened(node) : node,
  )
}

/** Unions that something else than a union reads. Flattening those alone copies each list of inputs once. */
function outermost(draft: Draft): Set<DraftNode> {
  const tops = new Set<DraftNode>(draft.outputs.map(output => output.root))
  for (const node of draftNodes(draft)) {
    if (node.kind !== 'union') for (const input of node.inputs) tops.add(input)
  }
  return tops
}

function flattened(union: UnionDraft): UnionDraft {
  if (!union.inputs.some(input => input.kind === 'union')) return union
  let { resources } = union
  const inputs: DraftNode[] = []
  const stack: DraftNode[] = [...union.inputs].reverse()
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top.kind === 'union') {
      resources = largest(resources, top.resources)
      for (let i = top.inputs.length - 1; i >= 0; i--) stack.push(top.inputs[i]!)
    } else {
      // A union of itself with itself, again and again, doubles each time.
      if (inputs.push(top) > MAX_TASKS) tooManyTasks('a union')
    }
  }
  return unionDraft(inputs, resources)
}
