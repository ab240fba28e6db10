/** The keys that `sortBy` and `top` take, and what the planner makes of them. */
import { DunlinError } from '../../operators/index.ts'
import type { LogicalSortKey, UserFunction } from '../../planner/index.ts'
import { argument } from './arguments.ts'
import type { ColumnOf } from './record-types.ts'

/** `asc`: the smallest first; `desc`: the largest first. */
export type Direction = 'asc' | 'desc'

/** What a function may give to order by. */
export type Orderable = string | number | bigint | boolean | Date | Uint8Array | null | undefined

/** A column, or a function of the record alone. */
type SortBy<T> = ColumnOf<T> | ((record: T) => Orderable)

/** What to order by: a column, a function of the record, or either of them with its direction and place of nulls. */
export type SortKey<T> =
  | SortBy<T>
  | { readonly by: SortBy<T>; readonly direction?: Direction; readonly nulls?: 'first' | 'last' }

const DIRECTIONS: readonly Direction[] = ['asc', 'desc']
const NULLS = ['first', 'last'] as const

/** How the verb is called: `verb` for messages, `opening` what stands before the key, `top(10, `. */
interface Call {
  readonly verb: string
  readonly opening: string
}

function sortKey(call: Call, key: unknown, standard: Direction): LogicalSortKey {
  const { verb, opening } = call
  if (typeof key === 'string') {
    return {
      kind: 'column',
      column: argument.text(verb, 'a column', key),
      direction: standard,
      nulls: 'last',
    }
  }
  if (typeof key === 'function')
    return { kind: 'function', fn: keyFunction(call, key), direction: standard, nulls: 'last' }
  if (typeof key !== 'object' || key === null || !('by' in key)) {
    throw new DunlinError('INVALID_ARGUMENT', `${verb}: a key must be a column, a function, or { by }`, {
      hint: `Write ${opening}'column'), a function of the record, or { by: 'column', direction: 'desc' }.`,
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
    : { kind: 'function', fn: keyFunction(call, by), direction, nulls }
}

/** A comparator would run as a key function, and order by numbers that mean nothing. */
function keyFunction({ verb, opening }: Call, by: unknown): UserFunction {
  const fn = argument.fn(verb, by, 'by', 'a column or a function')
  if (fn.length < 2) return fn
  throw new DunlinError('INVALID_ARGUMENT', `${verb} takes the key of one record, not a comparator`, {
    hint: `Write ${opening}'amount', 'desc') or ${opening}record => record.amount, 'desc').`,
  })
}

/** What somebody who wrote `direction` may have meant. */
function directionHint(opening: string, keys: unknown, direction: unknown): string {
  const column = typeof keys === 'string' ? keys : undefined
  const text = typeof direction === 'object' && direction !== null ? optionOf(direction) : direction
  const meant = DIRECTIONS.find(one => typeof text === 'string' && one === text.toLowerCase())
  if (meant !== undefined) return `Write ${opening}'${column ?? 'column'}', '${meant}').`
  const pair = column === undefined || typeof text !== 'string' ? ['first', 'second'] : [column, text]
  return `To order by several keys, write ${opening}['${pair.join("', '")}']).`
}

const optionOf = (options: object): unknown => ('direction' in options ? options.direction : undefined)

/** `direction` is that of the keys that say none; `opening` is how the call begins, for hints. */
export function sortKeys(
  verb: string,
  keys: unknown,
  direction: Direction,
  opening = `${verb}(`,
): readonly LogicalSortKey[] {
  const call: Call = { verb, opening }
  argument.oneOf(verb, 'direction', direction, DIRECTIONS, directionHint(opening, keys, direction))
  const all: readonly unknown[] = Array.isArray(keys) ? keys : [keys]
  argument.whole(verb, 'the number of keys', all.length, 1)
  return all.map(key => sortKey(call, key, direction))
}
