/** Preview: a record in a few words, for error messages. */

const MAX_CHARS = 120
const MAX_STRING = 40
const MAX_BYTES = 10
const MAX_ITEMS = 4
const MAX_FIELDS = 6
const MAX_DEPTH = 3

/** At most about 120 characters, whatever the record; never calls the record's own code but getters. */
export function previewOf(value: unknown): string {
  const text = part(value, 0)
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS - 1)}…` : text
}

function part(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > MAX_STRING ? `${value.slice(0, MAX_STRING)}…` : value)
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'function':
      return `function ${value.name || '(anonymous)'}`
    case 'object':
      return value === null ? 'null' : objectPart(value, depth)
    default:
      return String(value)
  }
}

function objectPart(value: object, depth: number): string {
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : `Date ${value.toISOString()}`
  if (value instanceof Uint8Array) return `${classNameOf(value)}(${value.byteLength} bytes${hexOf(value)})`
  if (ArrayBuffer.isView(value)) return `${classNameOf(value)}(${value.byteLength} bytes)`
  const name = classNameOf(value)
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? '[…]' : '{…}'
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map(item => part(item, depth + 1))
    if (value.length > MAX_ITEMS) items.push('…')
    return `[${items.join(', ')}]`
  }
  if (name !== 'Object') return name
  const keys = Object.keys(value)
  const fields = keys
    .slice(0, MAX_FIELDS)
    .map(
      key =>
        `${/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? key : JSON.stringify(key)}: ${part((value as Record<string, unknown>)[key], depth + 1)}`,
    )
  if (keys.length > MAX_FIELDS) fields.push('…')
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

/** The first bytes, by which people know a key or a file again. */
function hexOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return ''
  const first = bytes.subarray(0, MAX_BYTES)
  const hex = Array.from(first, byte => byte.toString(16).padStart(2, '0')).join('')
  return `: ${hex}${bytes.length > MAX_BYTES ? '…' : ''}`
}

/** The name of an object's class; `Object` for plain objects and those without a prototype. */
export function classNameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || typeof prototype !== 'object') return 'Object'
  const made: unknown = (prototype as { constructor?: unknown }).constructor
  return typeof made === 'function' && made.name !== '' ? made.name : 'Object'
}
