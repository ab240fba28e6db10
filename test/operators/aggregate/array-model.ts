/** Aggregation over plain arrays: the model that the operators are held equal to. */

export type Row = Record<string, unknown>

export interface ModelAggregation {
  readonly as: string
  readonly op: 'count' | 'sum' | 'min' | 'max' | 'mean' | 'user'
  readonly column?: string
}

export type ModelKey = { readonly as: string; readonly of: (row: Row) => unknown }

const present = (value: unknown): boolean => value !== null && value !== undefined

/** What a Map tells apart as groups must be. */
function canonical(value: unknown): unknown {
  if (!present(value)) return null
  if (value instanceof Date) return `date ${value.getTime()}`
  return value
}

const rank = (value: unknown): number => (typeof value === 'number' && Number.isNaN(value) ? 1 : 0)

function less(a: unknown, b: unknown): boolean {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string)) < 0
  if (rank(a) !== rank(b)) return rank(a) < rank(b)
  return (a as number) < (b as number)
}

function aggregated(rows: readonly Row[], { op, column = '' }: ModelAggregation): unknown {
  const values = rows.map(row => row[column]).filter(present)
  switch (op) {
    case 'count':
      return column === '' ? rows.length : values.length
    case 'sum':
      if (values.length === 0) return null
      return typeof values[0] === 'bigint'
        ? (values as bigint[]).reduce((a, b) => a + b, 0n)
        : (values as number[]).reduce((a, b) => a + b, 0)
    case 'mean':
      if (values.length === 0) return null
      return values.reduce<number>((a, b) => a + Number(b), 0) / values.length
    case 'min':
      return values.length === 0 ? null : values.reduce((a, b) => (less(b, a) ? b : a))
    case 'max':
      return values.length === 0 ? null : values.reduce((a, b) => (less(a, b) ? b : a))
    case 'user':
      return `<${rows.map(row => row['id']).join()}>`
  }
}

/** Groups in order of first appearance. */
export function modelOf(
  rows: readonly Row[],
  keys: readonly ModelKey[],
  aggregations: readonly ModelAggregation[],
): Row[] {
  const groups: { values: unknown[]; rows: Row[] }[] = keys.length === 0 ? [{ values: [], rows: [] }] : []
  const byKey = new Map<unknown, unknown>()
  for (const row of rows) {
    const values = keys.map(key => key.of(row))
    let level: Map<unknown, unknown> = byKey
    for (const value of values.slice(0, -1)) {
      const key = canonical(value)
      if (!level.has(key)) level.set(key, new Map())
      level = level.get(key) as Map<unknown, unknown>
    }
    const last = canonical(values.at(-1))
    if (keys.length > 0 && !level.has(last)) {
      level.set(last, groups.length)
      groups.push({
        values: values.map(value => (present(value) ? (value === 0 ? 0 : value) : null)),
        rows: [],
      })
    }
    groups[keys.length === 0 ? 0 : (level.get(last) as number)]!.rows.push(row)
  }
  return groups.map(group => ({
    ...Object.fromEntries(keys.map((key, k) => [key.as, group.values[k]])),
    ...Object.fromEntries(aggregations.map(one => [one.as, aggregated(group.rows, one)])),
  }))
}
