/** Where a variable is assigned to after its declaration. */
import { targets } from './changes.ts'
import type { Program } from './program.ts'
import { type Binding, indexOf } from './program-index.ts'
import type { SyntaxNode } from './syntax.ts'

/** The assignments to the variable, in the order of the text. */
export function assignments(program: Program, binding: Binding): SyntaxNode[] {
  const index = indexOf(program)
  return index.uses(binding).flatMap((use): SyntaxNode[] => {
    const place = index.around(use).find(({ type }) => !/Pattern$|^Property$|^RestElement$/.test(type))
    switch (place?.type) {
      case 'AssignmentExpression':
      case 'ForInStatement':
      case 'ForOfStatement':
        return targets(place.left).includes(use) ? [place] : []
      case 'UpdateExpression':
        return [place]
      default:
        return []
    }
  })
}
