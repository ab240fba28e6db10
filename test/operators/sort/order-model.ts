/** The order of JavaScript values as docs/semantics.md has it: what sorting is compared with. */
import type { SortKeySpec } from '../../../operators/spec.ts'

const missing = (value: unknown): value is null | undefined => value === null || value === undefined

/** Two values of one column that are not null. Written apart from the code under test: decoded values, no bytes. */
function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number') {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    return a < (b as number) ? -1 : Number(a > (b as number))
  }
  if (typeof a === 'bigint') return a < (b as bigint) ? -1 : Number(a > (b as bigint))
  if (typeof a === 'boolean') return Number(a) - Number(b)
  if (typeof a === 'string') return comparePoints([...a], [...(b as string)])
  if (a instanceof Date) return a.getTime() - (b as Date).getTime()
  if (Array.isArray(a) || ArrayBuffer.isView(a)) return compareItems([...(a as [])], [...(b as [])])
  return compareFields(a as object, b as object)
}

/** Code points have the order of their UTF-8 bytes. */
function comparePoints(a: readonly string[], b: readonly string[]): number {
  return compareItems(
    a.map(point => point.codePointAt(0)),
    b.map(point => point.codePointAt(0)),
  )
}

/** Within lists and structs nulls come last. */
function compareInner(a: unknown, b: unknown): number {
  if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b))
  return compareValues(a, b)
}

function compareItems(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareInner(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareFields(a: object, b: object): number {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  for (const name of names.sort((x, y) => comparePoints([...x], [...y]))) {
    const order = compareInner(own(a, name), own(b, name))
    if (order !== 0) return order
  }
  return 0
}

const own = (record: unknown, name: string): unknown =>
  typeof record === 'object' && record !== null && Object.hasOwn(record, name)
    ? (record as Record<string, unknown>)[name]
    : undefined

/** The value of a column in a record of any shape. */
export function valueIn(record: unknown, column: string): unknown {
  if (Array.isArray(record)) return column === 'key' ? record[0] : column === 'value' ? record[1] : undefined
  if (typeof record !== 'object' || record === null || Object.getPrototypeOf(record) !== Object.prototype)
    return column === 'value' ? record : undefined
  return own(record, column)
}

/** Of two records, by keys. */
export function compareRecords(keys: readonly SortKeySpec[]): (a: unknown, b: unknown) => number {
  return (a, b) => {
    for (const { column, direction, nulls } of keys) {
      const [x, y] = [valueIn(a, column), valueIn(b, column)]
      const order =
        missing(x) || missing(y)
          ? (Number(missing(x)) - Number(missing(y))) * (nulls === 'last' ? 1 : -1)
          : compareValues(x, y) * (direction === 'asc' ? 1 : -1)
      if (order !== 0) return order
    }
    return 0
  }
}
