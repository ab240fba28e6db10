/** The keys that `sortBy` and `top` take, and what the planner makes of them. */
import { DunlinError, type TaskArgument } from '../../operators/index.ts'
import type { LogicalSortKey } from '../../planner/index.ts'
import { argument } from './arguments.ts'
import type { ColumnOf } from './record-types.ts'

/** `asc`: the smallest first; `desc`: the largest first. */
export type Direction = 'asc' | 'desc'

/** What a function may give to order by. */
export type Orderable = string | number | bigint | boolean | Date | Uint8Array | null | undefined

/** A column, or a function of the record. */
type SortBy<T> = ColumnOf<T> | ((record: T, task: TaskArgument) => Orderable)

/** What to order by: a column, a function of the record, or either of them with its direction and place of nulls. */
export type SortKey<T> =
  | SortBy<T>
  | { readonly by: SortBy<T>; readonly direction?: Direction; readonly nulls?: 'first' | 'last' }

const DIRECTIONS: readonly Direction[] = ['asc', 'desc']
const NULLS = ['first', 'last'] as const

function sortKey(verb: string, key: unknown, standard: Direction): LogicalSortKey {
  if (typeof key === 'string') {
    return {
      kind: 'column',
      column: argument.text(verb, 'a column', key),
      direction: standard,
      nulls: 'last',
    }
  }
  if (typeof key === 'function') return { kind: 'function', fn: key, direction: standard, nulls: 'last' }
  if (typeof key !== 'object' || key === null || !('by' in key)) {
    throw new DunlinError('INVALID_ARGUMENT', `${verb}: a key must be a column, a function, or { by }`, {
      hint: `Write ${verb === 'top' ? 'top(10, ' : 'sortBy('}'column'), a function of the record, or { by: 'column', direction: 'desc' }.`,
    })
  }
  argument.known(verb, key, ['by', 'direction', 'nulls'])
  const {
    by,
    direction = standard,
    nulls = 'last',
  } = key as { by: unknown } & Partial<Pick<LogicalSortKey, 'direction' | 'nulls'>>
  argument.oneOf(verb, 'direction', direction, DIRECTIONS)
  argument.oneOf(verb, 'nulls', nulls, NULLS)
  return typeof by === 'string'
    ? { kind: 'column', column: argument.text(verb, 'by', by), direction, nulls }
    : { kind: 'function', fn: argument.fn(verb, by, 'by', 'a column or a function'), direction, nulls }
}

/** `direction` is that of the keys that say none. */
export function sortKeys(verb: string, keys: unknown, direction: Direction): readonly LogicalSortKey[] {
  argument.oneOf(verb, 'direction', direction, DIRECTIONS)
  const all: readonly unknown[] = Array.isArray(keys) ? keys : [keys]
  argument.whole(verb, 'the number of keys', all.length, 1)
  return all.map(key => sortKey(verb, key, direction))
}
