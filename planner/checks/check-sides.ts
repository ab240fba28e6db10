/** Checks the two sides of a join or set verb against each other, where both are known. */
import { clashOf, joinedColumns } from '../joined-columns.ts'
import type { JoinNode, LogicalNode } from '../logical.ts'
import { columnsInJoin, type KnownRecords } from './known-records.ts'
import { refuse } from './refuse.ts'

/** @throws DunlinError `NAME_CLASH`, or `INVALID_PLAN` for set verbs of records that cannot be equal. */
export function checkSides(node: LogicalNode, inputs: readonly (KnownRecords | null)[]): void {
  const [left = null, right = null] = inputs
  if (left === null || right === null) return
  if (node.kind === 'join') checkNames(node, left, right)
  if (node.kind !== 'intersect' && node.kind !== 'except') return
  if (left.shape === right.shape) return
  refuse(`${node.kind}: ${shapeText(left)} on the left are never equal to ${shapeText(right)} on the right`, {
    at: node.at,
    hint: 'Map one side to records like those of the other.',
  })
}

function checkNames(node: JoinNode, left: KnownRecords, right: KnownRecords): void {
  const columns = [columnsInJoin(left, node, 'left'), columnsInJoin(right, node, 'right')] as const
  const clash = clashOf(joinedColumns(...columns, node))
  if (clash === undefined) return
  const { suffix, at } = node
  const name = JSON.stringify(clash)
  if (suffix === undefined) {
    refuse(`join: both sides have a column ${name} that is not a key`, {
      code: 'NAME_CLASH',
      hint: "Say what to append to the right's name, as { suffix: '_right' }, or select other columns first.",
      at,
    })
  }
  refuse(
    `join: with the suffix ${JSON.stringify(suffix)} two columns of the result would be called ${name}`,
    {
      code: 'NAME_CLASH',
      hint: 'Choose a suffix that makes names which neither side has.',
      at,
    },
  )
}

function shapeText({ shape, columns }: KnownRecords): string {
  switch (shape) {
    case 'scalar':
      return 'scalars'
    case 'pair':
      return 'pairs'
    case 'record':
      return 'records of fixed length'
    case 'object':
      return `records with the columns ${columns.join(', ')}`
  }
}
