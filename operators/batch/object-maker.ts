/** ObjectMaker: makes the plain objects of one set of names, all of one hidden class. */

export interface ObjectMaker {
  /** An object for each of `length` rows; column i holds the values of name i. */
  rows(columns: readonly ArrayLike<unknown>[], length: number): unknown[]
  /** A function that makes the object of one row; reader i gives the value of name i. */
  row(readers: readonly ((row: number) => unknown)[]): (row: number) => unknown
}

/** Beyond so many names V8 makes dictionaries of literals anyway. */
const MAX_NAMES = 256
/** Sets of names whose makers are kept; a task sees a handful. */
const MAX_KEPT = 128

const kept = new Map<string, ObjectMaker>()

/**
 * Makers are compiled per set of names, because an object literal in a loop of its own is several times faster than
 * any code shared by all schemas. Only quoted names enter the compiled text; computed keys make `__proto__` an
 * ordinary property.
 */
export function objectMaker(names: readonly string[]): ObjectMaker {
  if (names.length > MAX_NAMES) return wideMaker(names)
  const key = JSON.stringify(names)
  let maker = kept.get(key)
  if (maker === undefined) {
    if (kept.size >= MAX_KEPT) kept.clear()
    maker = compile(names)
    kept.set(key, maker)
  }
  return maker
}

function compile(names: readonly string[]): ObjectMaker {
  const literal = (valueAt: (i: number) => string): string =>
    `{${names.map((name, i) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}:${valueAt(i)}`).join(',')}}`
  const bound = (from: string): string => names.map((_, i) => `const v${i}=${from}[${i}]`).join(';')
  const rows = new Function(
    'columns',
    'length',
    `${bound('columns')};const rows=new Array(length);for(let i=0;i<length;i++)rows[i]=${literal(i => `v${i}[i]`)};return rows`,
  )
  const row = new Function('readers', `${bound('readers')};return i=>(${literal(i => `v${i}(i)`)})`)
  return { rows: rows as ObjectMaker['rows'], row: row as ObjectMaker['row'] }
}

function wideMaker(names: readonly string[]): ObjectMaker {
  const make = (valueAt: (i: number) => unknown): Record<string, unknown> => {
    const record: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      if (name === '__proto__') {
        Object.defineProperty(record, name, {
          value: valueAt(i),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      } else record[name] = valueAt(i)
    }
    return record
  }
  return {
    rows: (columns, length) => Array.from({ length }, (_, row) => make(i => columns[i]![row])),
    row: readers => row => make(i => readers[i]!(row)),
  }
}
