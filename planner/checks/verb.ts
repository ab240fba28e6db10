/** The verb that makes a node, as people write it. */
import type { LogicalNode } from '../logical.ts'

export function verbOf({ kind }: LogicalNode): string {
  switch (kind) {
    case 'scan':
      return 'read'
    case 'sort':
      return 'sortBy'
    case 'distinctBy':
      return 'distinct'
    default:
      return kind
  }
}
