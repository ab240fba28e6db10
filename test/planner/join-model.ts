/** What joins mean, on arrays: every row of one side is compared with every row of the other. */
import type { JoinSpec } from '../../operators/index.ts'
import type { Row } from './model.ts'

/** Rows, and the columns that they have even if there is no row. */
export interface Side {
  readonly rows: readonly Row[]
  readonly columns: readonly string[]
}
type Asked = Pick<JoinSpec, 'how' | 'on' | 'nullsEqual' | 'suffix'>

function pairsOf({ on }: Asked, left: Side, right: Side): readonly { left: string; right: string }[] {
  if (on !== 'all') return on
  return [...new Set([...left.columns, ...right.columns])].map(name => ({ left: name, right: name }))
}

/** The columns of the right that stand in the result, and under which names. */
function namesOfRight({ on, suffix }: Asked, left: readonly string[], right: readonly string[]) {
  const keys = on === 'all' ? [] : on.map(pair => pair.right)
  const names = right.filter(name => !keys.includes(name))
  return names.map(from => ({ from, as: left.includes(from) ? `${from}${suffix ?? ''}` : from }))
}

export function columnsOfJoin(
  join: Asked,
  left: readonly string[],
  right: readonly string[],
): readonly string[] {
  if (join.how === 'semi' || join.how === 'anti') return left
  const columns = [...left, ...namesOfRight(join, left, right).map(({ as }) => as)]
  if (new Set(columns).size < columns.length) throw new Error(`two columns of one name: ${columns.join()}`)
  return columns
}

export function joinedRows(join: Asked, left: Side, right: Side): Row[] {
  const pairs = pairsOf(join, left, right)
  const equal = (l: Row, r: Row): boolean =>
    pairs.every(pair => {
      const [x, y] = [l[pair.left] ?? null, r[pair.right] ?? null]
      return x === y && (x !== null || join.nullsEqual)
    })
  const matches = left.rows.map(l => right.rows.filter(r => equal(l, r)))
  if (join.how === 'semi') return left.rows.filter((_, i) => matches[i]!.length > 0)
  if (join.how === 'anti') return left.rows.filter((_, i) => matches[i]!.length === 0)
  const columns = columnsOfJoin(join, left.columns, right.columns)
  const names = namesOfRight(join, left.columns, right.columns)
  const both = (l: Row | null, r: Row | null): Row =>
    Object.fromEntries(
      columns.map((name, i) => {
        if (i >= left.columns.length) return [name, r?.[names[i - left.columns.length]!.from] ?? null]
        const key = pairs.find(pair => pair.left === name)
        return [name, l === null ? ((key && r![key.right]) ?? null) : (l[name] ?? null)]
      }),
    )
  const rows = left.rows.flatMap((l, i) => matches[i]!.map(r => both(l, r)))
  if (join.how === 'left' || join.how === 'full') {
    rows.push(...left.rows.filter((_, i) => matches[i]!.length === 0).map(l => both(l, null)))
  }
  if (join.how === 'right' || join.how === 'full') {
    const matched = new Set(matches.flat())
    rows.push(...right.rows.filter(r => !matched.has(r)).map(r => both(null, r)))
  }
  return rows
}
