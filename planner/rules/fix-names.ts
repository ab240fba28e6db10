/** Rule: all tasks of a join, and all batches of a task, agree on which columns of the right have the suffix. */
import { type Draft, type DraftNode, exchangeDraft, type JoinDraft, joinDraft } from '../draft/draft.ts'
import { rewrite } from '../draft/rewrite.ts'
import { schemaName } from './fix-schemas.ts'
import { knownColumns } from './known-columns.ts'

const NOTE = 'the columns of the left are known first: the names of the right depend on them'

/**
 * A join that streams the left names the right's columns by what it has seen of the left: the rows of one task, up to
 * the batch at hand. Without a suffix a name that both sides have is an error wherever it is seen; with one, the
 * right's column would have another name in another task, or already have another when a later batch of the same task
 * brings the left's. After an exchange every batch has the columns of all rows.
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
    if (node.kind !== 'join' || !dependsOnLeft(node) || areKnown(node.inputs[0]!)) return seen(node)
    const [left, right] = node.inputs as readonly [DraftNode, DraftNode]
    const known = seen(exchangeDraft({ kind: 'none' }, left, NOTE))
    return seen(joinDraft(node.join, node.node, [known, right], node.resources))
  })
}

/** A built left is complete before the first result; semi and anti joins give no column of the right. */
function dependsOnLeft({ join: { how, suffix, build } }: JoinDraft): boolean {
  return suffix !== undefined && how !== 'semi' && how !== 'anti' && build === 'right'
}
