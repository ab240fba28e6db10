/** The columns of a join's result, where those of both sides are known. */
import type { JoinSpec } from '../operators/index.ts'

export interface JoinedColumn {
  readonly as: string
  readonly side: 'left' | 'right'
  readonly from: string
}

/**
 * The left's columns, then those of the right that are not keys, with the suffix where the left has one of that name;
 * of `semi` and `anti` the left's alone. Two may have one name: such a join is refused.
 */
export function joinedColumns(
  left: readonly string[],
  right: readonly string[],
  { how, on, suffix = '' }: Pick<JoinSpec, 'how' | 'on' | 'suffix'>,
): JoinedColumn[] {
  const columns = left.map((from): JoinedColumn => ({ as: from, side: 'left', from }))
  if (how === 'semi' || how === 'anti') return columns
  const names = new Set(left)
  const keys = new Set(on === 'all' ? [] : on.map(pair => pair.right))
  for (const from of right) {
    if (keys.has(from)) continue
    columns.push({ as: names.has(from) ? from + suffix : from, side: 'right', from })
  }
  return columns
}

/** A name that two columns of the result would have. */
export function clashOf(columns: readonly JoinedColumn[]): string | undefined {
  const seen = new Set<string>()
  return columns.find(({ as }) => seen.size === seen.add(as).size)?.as
}
