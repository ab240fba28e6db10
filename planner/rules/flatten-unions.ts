/** Rule: a union right inside a union becomes part of it. */
import { type Draft, type DraftNode, unionDraft } from '../draft/draft.ts'
import { largest } from '../draft/resources.ts'
import { rewrite } from '../draft/rewrite.ts'

export function flattenUnions(draft: Draft): Draft {
  return rewrite(draft, node => {
    if (node.kind !== 'union' || !node.inputs.some(input => input.kind === 'union')) return node
    let resources = node.resources
    const inputs: DraftNode[] = []
    for (const input of node.inputs) {
      if (input.kind === 'union') {
        resources = largest(resources, input.resources)
        for (const inner of input.inputs) inputs.push(inner)
      } else {
        inputs.push(input)
      }
    }
    return unionDraft(inputs, resources)
  })
}
