/** Rule: a scan reads only the columns that something above it looks at. */
import type { Schema } from '../../operators/index.ts'
import type { Draft, DraftNode, ScanDraft } from '../draft/draft.ts'
import { draftNodes, rewrite } from '../draft/rewrite.ts'
import { all, both, type Need, needBelow } from './need.ts'
import type { RuleFacts } from './rule.ts'

export function pruneColumns(draft: Draft, { functions }: RuleFacts): Draft {
  const needs = new Map<DraftNode, Need>()
  const ask = (node: DraftNode, need: Need): void => {
    const known = needs.get(node)
    needs.set(node, known === undefined ? need : both(known, need))
  }
  for (const { output, root } of draft.outputs) {
    ask(root, all(output.kind === 'write' ? 'whole records are written' : 'whole records are the result'))
  }
  for (const node of draftNodes(draft).reverse()) {
    const need = needs.get(node)!
    if (node.kind === 'step') ask(node.inputs[0]!, needBelow(node.step, need, functions))
    // What no reader of an exchange looks at need not be read before it either.
    else for (const input of node.inputs) ask(input, need)
  }
  return rewrite(draft, (node, before) => (node.kind === 'scan' ? pruned(node, needs.get(before)!) : node))
}

/** Undefined where any record may come; only records with columns of their own can be read in part. */
function declaredSchema({ node: { source }, format }: ScanDraft): Schema | undefined {
  if (source.kind === 'values') return source.schema
  return format.format === 'jsonl' ? format.schema : undefined
}

function pruned(scan: ScanDraft, need: Need): ScanDraft {
  const { format } = scan.format
  if (format !== 'jsonl' && format !== 'arrow') return scan
  const declared = declaredSchema(scan)
  if (declared !== undefined && declared.shape !== 'object') return scan
  if (need.kind === 'all') return { ...scan, note: `reads every column: ${need.why}` }
  const exists = new Set(declared?.fields.map(({ name }) => name) ?? need.columns)
  const columns = [...need.columns].filter(column => exists.has(column)).sort()
  const note =
    columns.length === 0 ? 'reads no column, only counts rows' : `reads no columns but ${columns.join(', ')}`
  return { ...scan, columns, note }
}
