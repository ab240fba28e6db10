/** Checks column names against what is known of the records, where anything is. */
import type { LogicalNode } from '../logical.ts'
import type { KnownRecords } from './known-records.ts'
import { refuse } from './refuse.ts'
import { verbOf } from './verb.ts'

/** Keys by which a node groups, orders or compares. */
function columnKeys(keys: readonly ({ kind: 'column'; column: string } | { kind: 'function' })[]): string[] {
  return keys.flatMap(key => (key.kind === 'column' ? [key.column] : []))
}

/** The columns that a node of one input reads. */
function columnsRead(node: LogicalNode): readonly string[] {
  switch (node.kind) {
    case 'select':
      return node.columns.map(({ from }) => from)
    case 'sort':
    case 'top':
    case 'distinctBy':
      return columnKeys(node.keys)
    case 'repartition':
      return node.keys ?? []
    case 'aggregate':
      return [
        ...(node.keys === 'all' ? [] : columnKeys(node.keys)),
        ...node.aggregations.flatMap(({ spec }) =>
          spec.op === 'user' || spec.column === undefined ? [] : [spec.column],
        ),
      ]
    default:
      return []
  }
}

/** @throws DunlinError `UNKNOWN_COLUMN` naming the columns that there are. */
export function checkColumns(node: LogicalNode, inputs: readonly (KnownRecords | null)[]): void {
  if (node.kind === 'join') {
    checkRead(
      node,
      node.on.map(pair => pair.left),
      inputs[0]!,
      'the left',
    )
    checkRead(
      node,
      node.on.map(pair => pair.right),
      inputs[1]!,
      'the right',
    )
    return
  }
  const [input = null] = inputs
  if (input === null) return
  checkRead(node, columnsRead(node), input)
  if (node.kind === 'words' && input.shape !== 'scalar') {
    refuse(`words: the records are not lines but have the columns ${input.columns.join(', ')}`, {
      hint: 'Map each record to a string first.',
      at: node.at,
    })
  }
}

function checkRead(
  node: LogicalNode,
  columns: readonly string[],
  known: KnownRecords | null,
  side?: string,
): void {
  const unknown = known === null ? undefined : columns.find(column => !known.columns.includes(column))
  if (known === null || unknown === undefined) return
  const what =
    side === undefined
      ? `there is no column ${JSON.stringify(unknown)}`
      : `${side} has no column ${JSON.stringify(unknown)}`
  const who = side === undefined ? 'The records have' : `${side[0]!.toUpperCase()}${side.slice(1)} has`
  refuse(`${verbOf(node)}: ${what}`, {
    code: 'UNKNOWN_COLUMN',
    hint: `${who}: ${known.columns.join(', ')}.`,
    at: node.at,
  })
}
