/** What JSON has no form for, read back by a declared schema: times, bytes and large integers. */
import type { ColumnType, Field, Schema } from '../batch/column-type.ts'

export type ReadValue = (value: unknown) => unknown

/** Date only, or with a time that names its zone: anything else would mean another instant on another machine. */
const ISO_8601 = /^([+-]\d\d)?\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/
const INTEGER = /^-?\d+$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * Parses a line for a declared schema. Timestamps are ISO 8601 or milliseconds since 1970, binary is base64, int64
 * read as bigint keeps all its digits. What does not look so is left as it is, for the builder to refuse.
 */
export function jsonLineParser(schema: Schema | undefined): (line: string) => unknown {
  if (schema === undefined) return JSON.parse
  const exact = schema.fields.some(field => holdsBigint(field.type))
  const parse: (line: string) => unknown = exact ? line => JSON.parse(line, keepDigits) : JSON.parse
  const readers = schema.fields.map(field => ({ name: field.name, read: valueReader(field.type, exact) }))
  if (readers.every(({ read }) => read === null)) return parse
  const read = recordReader(schema, readers)
  return line => read(parse(line))
}

type FieldReader = { readonly name: string; readonly read: ReadValue | null }

function recordReader(schema: Schema, readers: readonly FieldReader[]): ReadValue {
  if (schema.shape === 'object') return record => readFields(record, readers)
  if (schema.shape === 'scalar') return record => readers[0]!.read!(record)
  return record =>
    Array.isArray(record) ? record.map((value: unknown, i) => readers[i]?.read?.(value) ?? value) : record
}

/** In place: the object is ours alone, and `defineProperty` keeps a column named `__proto__` a column. */
function readFields(record: unknown, readers: readonly FieldReader[]): unknown {
  if (typeof record !== 'object' || record === null) return record
  for (const { name, read } of readers) {
    if (read === null || !Object.hasOwn(record, name)) continue
    const value = read((record as Record<string, unknown>)[name])
    Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true })
  }
  return record
}

/** Null where the value that JSON gives is right already. */
function valueReader(type: ColumnType, exact: boolean): ReadValue | null {
  switch (type.kind) {
    case 'timestamp':
      return readTime
    case 'binary':
    case 'fixedBinary':
      return value => (typeof value === 'string' && BASE64.test(value) ? fromBase64(value) : value)
    case 'int64':
      if (type.as === 'bigint') return readBigint
      return exact ? readNumber : null
    case 'number':
      return exact ? readNumber : null
    case 'list': {
      const item = valueReader(type.item, exact)
      return item === null ? null : value => (Array.isArray(value) ? value.map(item) : value)
    }
    case 'struct': {
      const readers = type.fields.map((f: Field) => ({ name: f.name, read: valueReader(f.type, exact) }))
      return readers.every(({ read }) => read === null) ? null : value => readFields(value, readers)
    }
    default:
      return null
  }
}

function holdsBigint(type: ColumnType): boolean {
  if (type.kind === 'int64') return type.as === 'bigint'
  if (type.kind === 'list') return holdsBigint(type.item)
  return type.kind === 'struct' && type.fields.some(field => holdsBigint(field.type))
}

/** Integers that a number cannot hold arrive as bigints; the source text of a value is ES2026. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value
}

function readTime(value: unknown): unknown {
  if (typeof value === 'number') return new Date(value)
  return typeof value === 'string' && ISO_8601.test(value) ? new Date(value) : value
}

function readBigint(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  return typeof value === 'string' && INTEGER.test(value) ? BigInt(value) : value
}

function readNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
