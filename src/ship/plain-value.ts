/** Values that are one expression: primitives, and trees of plain data. */

function symbolText(symbol: symbol): string | undefined {
  const key = Symbol.keyFor(symbol)
  if (key !== undefined) return `Symbol.for(${stringText(key)})`
  for (const name of Object.getOwnPropertyNames(Symbol)) {
    if ((Symbol as unknown as Record<string, unknown>)[name] === symbol) return `Symbol.${name}`
  }
  return undefined
}

/** A string literal. The line separators are escaped so that V8 and every parser count the same lines. */
export function stringText(text: string): string {
  return JSON.stringify(text)
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
}

/** The literal of a primitive; undefined for objects, functions and unregistered symbols. */
export function primitiveText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return 'undefined'
    case 'boolean':
      return String(value)
    case 'string':
      return stringText(value)
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'symbol':
      return symbolText(value)
    default:
      return value === null ? 'null' : undefined
  }
}

/** A property that an object literal or a plain assignment makes. */
export function isPlainProperty(property: PropertyDescriptor): boolean {
  return (
    'value' in property &&
    property.writable === true &&
    property.enumerable === true &&
    property.configurable === true
  )
}

/** Whether an array with these own keys has every item, and nothing beside its items. */
export function isDense(array: readonly unknown[], keys: readonly (string | symbol)[]): boolean {
  const { length } = array
  return keys.length === length + 1 && keys.every((key, i) => key === (i === length ? 'length' : `${i}`))
}

/** Deeper trees are written object by object, which has a limit with a message. */
const MAX_TREE_DEPTH = 200

function isPlainTree(
  value: unknown,
  seen: Set<object>,
  isKnown: (value: object) => boolean,
  depth = 0,
): boolean {
  if (depth > MAX_TREE_DEPTH) return false
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean'
  if (value === null) return true
  if (seen.has(value) || isKnown(value) || !Object.isExtensible(value)) return false
  seen.add(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false
  const keys = Reflect.ownKeys(value)
  if (prototype === Array.prototype && Array.isArray(value)) {
    if (!isDense(value, keys)) return false
    for (const item of value) if (!isPlainTree(item, seen, isKnown, depth + 1)) return false
    return true
  }
  if (prototype !== Object.prototype) return false
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key)!
    if (typeof key === 'symbol' || !isPlainProperty(property)) return false
    if (!isPlainTree(property.value, seen, isKnown, depth + 1)) return false
  }
  return Object.prototype.toString.call(value) === '[object Object]'
}

/** From this length on `JSON.parse` is faster than a literal. */
const PARSE_FROM = 1024

/**
 * The text of an array or object that is a tree of plain data, and every object of that tree with its path from the
 * root, so that other captures of an inner object stay the same object. Undefined for anything else.
 */
export function treeText(
  root: object,
  isKnown: (value: object) => boolean,
): { readonly text: string; readonly inner: readonly (readonly [object, string])[] } | undefined {
  if (!isPlainTree(root, new Set(), isKnown)) return undefined
  const json = JSON.stringify(root)
  const inner: [object, string][] = []
  const visit = (value: object, path: string): void => {
    inner.push([value, path])
    for (const [key, item] of Object.entries(value) as [string, unknown][]) {
      if (typeof item === 'object' && item !== null) {
        visit(item, `${path}[${Array.isArray(value) ? key : stringText(key)}]`)
      }
    }
  }
  visit(root, '')
  // In a literal, `__proto__` would set the prototype; a lone surrogate is escaped by JSON itself.
  const literal = json.length < PARSE_FROM && !json.includes('"__proto__"')
  return { text: literal ? json : `JSON.parse(${stringText(json)})`, inner }
}
