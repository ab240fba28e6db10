/** Need: which columns of its two sides a join looks at. */
import type { JoinStep } from '../draft/draft.ts'
import { clashOf, joinedColumns } from '../joined-columns.ts'
import { all, both, type Need, some } from './need.ts'

export interface NeedOfSides {
  readonly left: Need
  readonly right: Need
}

/**
 * What a join needs of each side so that `above` can be had of its result; `left` and `right` are the sides' columns,
 * or null where records may have any. A name that both sides have is an error, or gets the suffix, so neither side may
 * lose a column that decides on the name of another.
 */
export function needOfSides(
  join: JoinStep,
  above: Need,
  left: readonly string[] | null,
  right: readonly string[] | null,
): NeedOfSides {
  const { how, on } = join
  if (on === 'all') {
    const need = all('whole records are compared')
    return { left: need, right: need }
  }
  const keys = { left: some(...on.map(pair => pair.left)), right: some(...on.map(pair => pair.right)) }
  if (how === 'semi' || how === 'anti') return { left: both(above, keys.left), right: keys.right }
  if (left === null || right === null) {
    const need = all('a join keeps all columns where not both sides declare theirs')
    return { left: need, right: need }
  }
  const columns = joinedColumns(left, right, join)
  if (above.kind === 'all' || clashOf(columns) !== undefined) {
    const need = above.kind === 'all' ? above : all('two columns of a join would have one name')
    return { left: need, right: need }
  }
  const wanted = columns.filter(({ as }) => above.columns.has(as))
  const from = (side: 'left' | 'right') => wanted.filter(one => one.side === side).map(one => one.from)
  // It has the suffix only because the left has a column of its name.
  const named = wanted.filter(({ side, as, from }) => side === 'right' && as !== from).map(one => one.from)
  return {
    left: both(keys.left, some(...from('left'), ...named)),
    right: both(keys.right, some(...from('right'))),
  }
}
