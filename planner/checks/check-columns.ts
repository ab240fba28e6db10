/** Checks column names against what is known of the records, where anything is. */
import type { LogicalNode } from '../logical.ts'
import type { KnownRecords } from './known-records.ts'
import { refuse } from './refuse.ts'

function columnsRead(node: LogicalNode): string[] {
  if (node.kind === 'select') return node.columns.map(({ from }) => from)
  if (node.kind !== 'aggregate') return []
  const keys = node.keys === 'all' ? [] : node.keys
  return [
    ...keys.flatMap(key => (key.kind === 'column' ? [key.column] : [])),
    ...node.aggregations.flatMap(({ spec }) =>
      spec.op === 'user' || spec.column === undefined ? [] : [spec.column],
    ),
  ]
}

/** @throws DunlinError `UNKNOWN_COLUMN` naming the columns that there are. */
export function checkColumns(node: LogicalNode, input: KnownRecords | null): void {
  if (input === null) return
  const unknown = columnsRead(node).find(column => !input.columns.includes(column))
  if (unknown !== undefined) {
    refuse(`${node.kind}: there is no column ${JSON.stringify(unknown)}`, {
      code: 'UNKNOWN_COLUMN',
      hint: `The records have: ${input.columns.join(', ')}.`,
      at: node.at,
    })
  }
  if (node.kind === 'words' && input.shape !== 'scalar') {
    refuse(`words: the records are not lines but have the columns ${input.columns.join(', ')}`, {
      hint: 'Map each record to a string first.',
      at: node.at,
    })
  }
}
