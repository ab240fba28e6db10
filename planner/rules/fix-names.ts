/** Rule: all tasks of a join agree on which columns of the right have the suffix. */
import {
  type Draft,
  type DraftNode,
  exchangeDraft,
  isBroadcast,
  type JoinDraft,
  joinDraft,
} from '../draft/draft.ts'
import { rewrite } from '../draft/rewrite.ts'
import { schemaName } from './fix-schemas.ts'
import { knownColumns } from './known-columns.ts'

const NOTE = 'all tasks know the columns of the left, on which the names of the right depend'

/**
 * Tasks that stream the left past a broadcast right see the columns of their own rows alone. Without a suffix a name
 * that both sides have is an error wherever it is seen; with one, the right's column would have another name in
 * another task. After an exchange every task has the columns of all rows.
 */
export function fixNames(draft: Draft): Draft {
  const schemas = new Map<DraftNode, string | null>()
  const columns = new Map<DraftNode, readonly string[] | null>()
  const seen = (node: DraftNode): DraftNode => {
    schemas.set(node, schemaName(node, schemas))
    columns.set(
      node,
      knownColumns(
        node,
        node.inputs.map(input => columns.get(input)!),
      ),
    )
    return node
  }
  const areKnown = (node: DraftNode): boolean => schemas.get(node) !== null || columns.get(node) !== null
  return rewrite(draft, node => {
    if (node.kind !== 'join' || !dependsOnTasks(node) || areKnown(node.inputs[0]!)) return seen(node)
    const [left, right] = node.inputs as readonly [DraftNode, DraftNode]
    const known = seen(exchangeDraft({ kind: 'none' }, left, NOTE))
    return seen(joinDraft(node.join, node.node, [known, right], node.resources))
  })
}

/** Semi and anti joins give no column of the right. */
function dependsOnTasks({ join: { how, suffix }, inputs: [left, right] }: JoinDraft): boolean {
  return suffix !== undefined && how !== 'semi' && how !== 'anti' && left!.tasks > 1 && isBroadcast(right!)
}
