/** Sorts, joins and sets on plain arrays, as docs/semantics.md has them: what the engine is compared with. */
import { type Dataset, from } from 'dunlin'
import fc from 'fast-check'

export type Value = string | number | bigint | boolean | Date | Uint8Array | null
export type Row = Readonly<Record<string, Value>>

export interface ModelKey {
  readonly by: string
  readonly direction: 'asc' | 'desc'
  readonly nulls: 'first' | 'last'
}

const bytesOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value) : value

/** Of two values that are not null: strings by UTF-8 bytes, −0 as 0, NaN above all numbers. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' || a instanceof Uint8Array) {
    return Buffer.compare(bytesOf(a), bytesOf(b as string | Uint8Array))
  }
  const [x, y] = [a, b].map(value => (value instanceof Date ? value.getTime() : value)) as [number, number]
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y))
  return x < y ? -1 : x > y ? 1 : 0
}

function compareRows(a: Row, b: Row, keys: readonly ModelKey[]): number {
  for (const { by, direction, nulls } of keys) {
    const [x, y] = [a[by] ?? null, b[by] ?? null]
    if (x === null && y === null) continue
    if (x === null || y === null) return (x === null) === (nulls === 'first') ? -1 : 1
    const order = compareValues(x, y)
    if (order !== 0) return direction === 'asc' ? order : -order
  }
  return 0
}

/** Stable. */
export function sorted<R extends Row>(rows: readonly R[], keys: readonly ModelKey[]): R[] {
  return rows.toSorted((a, b) => compareRows(a, b, keys))
}

/** Equal for equal values: −0 is 0, NaN is NaN, 1n is 1, and null is null. */
export function keyText(value: Value | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (value instanceof Date) return `date ${value.getTime()}`
  if (typeof value === 'string') return JSON.stringify(value)
  return value === 0 ? '0' : String(value)
}

/** The columns by name, so that their order counts as well. */
export const rowText = (row: Row): string =>
  Object.entries(row)
    .map(([name, value]) => `${name}=${keyText(value)}`)
    .join(' ')
export const rowTexts = (rows: readonly Row[]): string[] => rows.map(rowText).sort()

/** The first row of each key; no columns: of each whole record. */
export function distinctRows<R extends Row>(rows: readonly R[], columns: readonly string[] = []): R[] {
  const seen = new Set<string>()
  return rows.filter(row => {
    const key = columns.length === 0 ? rowText(row) : columns.map(name => keyText(row[name])).join('|')
    return !seen.has(key) && seen.add(key)
  })
}

export function setRows(kind: 'intersect' | 'except', left: readonly Row[], right: readonly Row[]): Row[] {
  const others = new Set(right.map(rowText))
  return distinctRows(left).filter(row => others.has(rowText(row)) === (kind === 'intersect'))
}

export type How = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'cross'
export interface ModelJoin {
  readonly how: How
  readonly on: readonly { readonly left: string; readonly right: string }[]
  readonly suffix?: string
  /** The columns of both, for rows of which there are none. */
  readonly leftColumns: readonly string[]
  readonly rightColumns: readonly string[]
}

/** In the order of the left's rows, each with its matches in the right's order, then what is left of the right. */
export function joinRows(left: readonly Row[], right: readonly Row[], join: ModelJoin): Row[] {
  const { how, on, suffix = '', leftColumns, rightColumns } = join
  const matches = (l: Row, r: Row): boolean =>
    on.every(key => {
      const [x, y] = [l[key.left] ?? null, r[key.right] ?? null]
      return x !== null && y !== null && keyText(x) === keyText(y)
    })
  if (how === 'semi') return left.filter(l => right.some(r => matches(l, r)))
  if (how === 'anti') return left.filter(l => !right.some(r => matches(l, r)))
  const keyOf = new Map(on.map(key => [key.left, key.right]))
  const rightKeys = new Set(on.map(key => key.right))
  const together = (l: Row | null, r: Row | null): Row => {
    const row: Record<string, Value> = {}
    for (const name of leftColumns)
      row[name] = (l ?? { [name]: r?.[keyOf.get(name) ?? ''] ?? null })[name] ?? null
    for (const name of rightColumns) {
      if (!rightKeys.has(name)) row[leftColumns.includes(name) ? name + suffix : name] = r?.[name] ?? null
    }
    return row
  }
  const found = new Set<Row>()
  const rows = left.flatMap(l => {
    const partners = right.filter(r => matches(l, r))
    for (const r of partners) found.add(r)
    if (partners.length > 0) return partners.map(r => together(l, r))
    return how === 'left' || how === 'full' ? [together(l, null)] : []
  })
  if (how !== 'right' && how !== 'full') return rows
  return [...rows, ...right.filter(r => !found.has(r)).map(r => together(null, r))]
}

const UTF16_TRAP = '\u{ff5e}'
/** Values that are easily mistaken: for each other, for null, or in their order. */
export const VALUES = {
  text: [
    'a',
    'b',
    'ä',
    '€',
    '😀',
    UTF16_TRAP,
    '',
    'a\u0000',
    '__proto__',
    'null',
    'ab',
    'a long text that is in no table of short ones',
  ],
  number: [0, -0, 1, 2.5, -3, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, -5e-324],
  bigint: [0n, 1n, -5n, 2n ** 53n + 1n, 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n],
  boolean: [true, false],
  date: [new Date(0), new Date(-1), new Date(8.64e15)],
  bytes: [
    new Uint8Array(),
    new Uint8Array([0]),
    new Uint8Array([0, 0]),
    new Uint8Array([255]),
    new Uint8Array([1, 2, 3]),
  ],
} as const satisfies Record<string, readonly Value[]>
export type Kind = keyof typeof VALUES

/** Null one time in six. */
export const anyOf = (kind: Kind): fc.Arbitrary<Value> =>
  fc.option(fc.constantFrom<Value[]>(...VALUES[kind]), { freq: 6 })

/** Several tasks, some of which have no rows. */
export function datasetOf<R>(rows: readonly R[], tasks: number): Dataset<R> {
  const [first, ...rest] = Array.from({ length: tasks }, (_, task) =>
    from(rows.filter((_, i) => Math.floor((i * tasks) / Math.max(rows.length, 1)) === task)),
  )
  return first!.union(...rest)
}
