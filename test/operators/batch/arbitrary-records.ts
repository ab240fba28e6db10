/** Arbitrary records: datasets of one shape whose columns have arbitrary types, with nulls and missing fields. */
import fc from 'fast-check'

export type Dataset = readonly unknown[]

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53),
)
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('', 'é', '👩‍👩‍👧', '\u0000', 'a'.repeat(100), `${'a'.repeat(30)}ß`),
)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

const leaves: readonly fc.Arbitrary<unknown>[] = [
  number,
  text,
  int64,
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.float64Array({ maxLength: 4 }),
  fc.int32Array({ maxLength: 4 }),
  fc.uint16Array({ maxLength: 4 }),
  fc.bigInt64Array({ maxLength: 4 }),
]

const NAMES = ['a', 'b', 'value', '__proto__', 'constructor', '0', 'naïve "name"', 'toString']

/** An object with own properties of any name, `__proto__` included. */
export function objectOf(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}

/** Arbitraries of values of one column: all of one type, some null or undefined. */
const column = (depth: number): fc.Arbitrary<fc.Arbitrary<unknown>> => {
  const leaf = fc.constantFrom(...leaves)
  const type =
    depth === 0
      ? leaf
      : fc.oneof(
          { weight: 4, arbitrary: leaf },
          { weight: 1, arbitrary: column(depth - 1).map(item => fc.array(item, { maxLength: 4 })) },
          { weight: 1, arbitrary: struct(depth - 1) },
          { weight: 1, arbitrary: fc.constant(fc.constant(null)) },
        )
  return type.map(value => fc.oneof({ weight: 4, arbitrary: value }, fc.constantFrom(null, undefined)))
}

/** Arbitraries of plain objects that share column types; each may lack some fields and order them its own way. */
const struct = (depth: number): fc.Arbitrary<fc.Arbitrary<unknown>> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), column(depth)), {
      selector: ([name]) => name,
      maxLength: 5,
    })
    .map(columns =>
      fc
        .shuffledSubarray([...columns])
        .chain(some => fc.tuple(...some.map(([name, value]) => value.map(v => [name, v] as const))))
        .map(entries => objectOf(entries as (readonly [string, unknown])[])),
    )

const MAX_ROWS = 40

export const objects: fc.Arbitrary<Dataset> = struct(2).chain(record =>
  fc.array(record, { maxLength: MAX_ROWS }),
)
export const scalars: fc.Arbitrary<Dataset> = fc.constantFrom(...leaves).chain(leaf =>
  fc.array(fc.oneof({ weight: 4, arbitrary: leaf }, fc.constantFrom(null, undefined)), {
    maxLength: MAX_ROWS,
  }),
)
export const pairs: fc.Arbitrary<Dataset> = fc
  .tuple(column(1), column(1))
  .chain(([key, value]) => fc.array(fc.tuple(key, value), { maxLength: MAX_ROWS }))
export const datasets: fc.Arbitrary<Dataset> = fc.oneof({ weight: 3, arbitrary: objects }, scalars, pairs)

/** What the records read back as: missing and undefined are null, objects have every field that any of them has. */
export function readBack(records: Dataset): unknown[] {
  if (records.some(r => Array.isArray(r))) {
    const keys = asColumn(records.map(r => (r as unknown[])[0]))
    const values = asColumn(records.map(r => (r as unknown[])[1]))
    return keys.map((key, i) => [key, values[i]])
  }
  return asColumn(records)
}

function asColumn(values: readonly unknown[]): unknown[] {
  const first = values.find(v => v !== null && v !== undefined)
  if (Array.isArray(first)) {
    const items = asColumn(values.flatMap(v => (v as unknown[] | null) ?? []))
    let at = 0
    return values.map(v => (Array.isArray(v) ? items.slice(at, (at += v.length)) : null))
  }
  if (typeof first === 'object' && Object.getPrototypeOf(first) === Object.prototype) {
    const names = new Set(values.flatMap(v => Object.keys(v ?? {})))
    const columns = [...names].map(name => asColumn(values.map(v => ownValue(v, name))))
    return values.map((v, row) =>
      v == null ? null : objectOf([...names].map((name, i) => [name, columns[i]![row]])),
    )
  }
  return values.map(v => v ?? null)
}

const ownValue = (object: unknown, name: string): unknown =>
  object != null && Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : null
