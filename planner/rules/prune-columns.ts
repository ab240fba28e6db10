/** Rule: a scan reads only the columns that something above it looks at. */
import type { Draft, DraftNode, ScanDraft } from '../draft/draft.ts'
import { draftNodes, rewrite } from '../draft/rewrite.ts'
import { declaredSchema, knownColumns } from './known-columns.ts'
import { all, both, type Need, needBelow, needToDivide, some } from './need.ts'
import { needOfSides } from './need-of-sides.ts'
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
  const nodes = draftNodes(draft)
  const known = new Map<DraftNode, readonly string[] | null>()
  for (const node of nodes)
    known.set(
      node,
      knownColumns(
        node,
        node.inputs.map(input => known.get(input)!),
      ),
    )
  for (const node of nodes.reverse()) {
    const need = needs.get(node)!
    switch (node.kind) {
      case 'scan':
        break
      case 'step':
        ask(node.inputs[0]!, needBelow(node.step, need, functions))
        break
      case 'union':
        for (const input of node.inputs) ask(input, need)
        break
      case 'join': {
        const [left, right] = node.inputs as readonly [DraftNode, DraftNode]
        const sides = needOfSides(node.join, need, known.get(left)!, known.get(right)!)
        ask(left, sides.left)
        ask(right, sides.right)
        break
      }
      case 'exchange': {
        const [rows, splitters] = node.inputs
        // What no reader of an exchange looks at need not be read before it either.
        ask(rows!, both(need, needToDivide(node.partitioning)))
        if (splitters !== undefined) ask(splitters, some())
      }
    }
  }
  return rewrite(draft, (node, before) => (node.kind === 'scan' ? pruned(node, needs.get(before)!) : node))
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
