/** Joins of plain arrays: the model that the operator is held equal to. */
import type { Spec } from './run-join.ts'

export type Row = Record<string, unknown>

const missing = (value: unknown): boolean => value === null || value === undefined

/** A text that is equal for equal values; fields without a value do not count. */
export function keyText(value: unknown): string {
  if (missing(value)) return 'null'
  if (typeof value === 'number') return `number ${value === 0 ? 0 : value}`
  if (value instanceof Date) return `date ${value.getTime()}`
  if (value instanceof Uint8Array) return `bytes ${value.join()}`
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return `[${Array.from(value as Iterable<unknown>, keyText).join()}]`
  }
  if (typeof value === 'object') {
    const fields = Object.entries(value as Row).filter(([, field]) => !missing(field))
    return `{${fields
      .map(([name, field]) => `${JSON.stringify(name)}: ${keyText(field)}`)
      .sort()
      .join()}}`
  }
  return `${typeof value} ${JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))}`
}

const namesOf = (rows: readonly Row[]): string[] => [...new Set(rows.flatMap(row => Object.keys(row)))]

/** The result as `JoinSpec` describes it, missing fields as null. */
export function modelJoin(spec: Spec, left: readonly Row[], right: readonly Row[]): Row[] {
  const { how, suffix = '' } = spec
  const leftNames = namesOf(left)
  const rightNames = namesOf(right)
  const allNames = [...new Set([...leftNames, ...rightNames])]
  const on = how === 'cross' ? [] : spec.on === 'all' ? allNames.map(n => ({ left: n, right: n })) : spec.on
  const keyOf = (row: Row, side: 'left' | 'right'): string | null => {
    const values = on.map(pair => row[pair[side]])
    if (!spec.nullsEqual && values.some(missing)) return null
    return values.map(keyText).join('|')
  }
  const asLeft = (row: Row): Row => Object.fromEntries(leftNames.map(name => [name, row[name] ?? null]))
  if (how === 'semi' || how === 'anti') {
    const there = new Set(right.map(row => keyOf(row, 'right')))
    const matches = (key: string | null): boolean => key !== null && there.has(key)
    return left.filter(row => matches(keyOf(row, 'left')) === (how === 'semi')).map(asLeft)
  }
  const keepLeft = how === 'left' || how === 'full'
  const keepRight = how === 'right' || how === 'full'
  const keysOfRight = new Set(on.map(pair => pair.right))
  const taken = new Set([...leftNames, ...on.map(pair => pair.left)])
  const pairOf = (l: Row | null, r: Row | null): Row => {
    const row: Row = {}
    for (const name of leftNames) row[name] = l?.[name] ?? null
    for (const { left: name, right: other } of on) {
      if (l === null) row[name] = r?.[other] ?? null
      else if (leftNames.includes(name)) row[name] = l[name] ?? null
      else if (keepRight && rightNames.includes(other)) row[name] = null
    }
    for (const name of rightNames) {
      if (!keysOfRight.has(name)) row[taken.has(name) ? name + suffix : name] = r?.[name] ?? null
    }
    return row
  }
  const builtLeft = spec.build === 'left'
  const [built, streamed] = builtLeft ? [left, right] : [right, left]
  const [keepBuilt, keepStreamed] = builtLeft ? [keepLeft, keepRight] : [keepRight, keepLeft]
  const pair = (s: Row | null, b: Row | null): Row => (builtLeft ? pairOf(b, s) : pairOf(s, b))
  const result: Row[] = []
  const matched = new Set<Row>()
  const byKey = Map.groupBy(built, row => keyOf(row, builtLeft ? 'left' : 'right'))
  for (const s of streamed) {
    const key = keyOf(s, builtLeft ? 'right' : 'left')
    const found = key === null ? [] : (byKey.get(key) ?? [])
    for (const b of found) {
      matched.add(b)
      result.push(pair(s, b))
    }
    if (found.length === 0 && keepStreamed) result.push(pair(s, null))
  }
  if (keepBuilt) for (const b of built) if (!matched.has(b)) result.push(pair(null, b))
  return result
}
