/** Drafts as text: the consumers first, inputs indented, a node with several consumers written once and named. */
import type { OperatorSpec } from '../../operators/index.ts'
import { operatorLine, partitioningText } from '../../planner/canonical-text.ts'
import { consumerCounts } from '../../planner/draft/consumers.ts'
import type { Draft, DraftNode } from '../../planner/draft/draft.ts'

const NOWHERE: OperatorSpec = { op: 'input', input: 0 }

function nodeText(node: DraftNode): string {
  switch (node.kind) {
    case 'scan': {
      const columns = node.columns === undefined ? '' : ` [${node.columns.join(', ')}]`
      return `scan ${node.source}${columns}${node.fraction === undefined ? '' : ` ${node.fraction} of it`}`
    }
    case 'step':
      return operatorLine({ ...node.step, input: NOWHERE })
    case 'union':
      return 'union'
    case 'join':
      return operatorLine({ ...node.join, inputs: [NOWHERE, NOWHERE] })
    case 'exchange':
      return `exchange ${partitioningText(node.partitioning).replace('; splitters -1', '')}`
  }
}

export function draftText(draft: Draft): string {
  const consumers = consumerCounts(draft)
  const names = new Map<DraftNode, string>()
  const lines: string[] = []
  const print = (node: DraftNode, depth: number): void => {
    const known = names.get(node)
    const indent = '  '.repeat(depth)
    if (known !== undefined) {
      lines.push(`${indent}${known}`)
      return
    }
    let name = ''
    if (consumers.get(node)! > 1) {
      names.set(node, `@${names.size + 1}`)
      name = `@${names.size} = `
    }
    lines.push(`${indent}${name}${nodeText(node)} (${node.tasks})`)
    for (const input of node.inputs) print(input, depth + 1)
  }
  for (const { output, root, until } of draft.outputs) {
    const enough = until === undefined ? '' : ` until ${until.rows} rows`
    lines.push(`${output.kind === 'write' ? output.format : 'result'}${enough}`)
    print(root, 1)
  }
  return lines.join('\n')
}
