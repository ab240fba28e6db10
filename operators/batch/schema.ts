/** Schemas: how they are compared, printed, and brought together where two batches meet. */
import { DunlinError } from '../errors.ts'
import type { ColumnType, Field, Schema } from './column-type.ts'
import { recordKey, recordLength } from './record-key.ts'

/** A column type for people: `float64`, `list<utf8>`, `struct<a: utf8, b: null>`. */
export function typeText(type: ColumnType): string {
  switch (type.kind) {
    case 'number':
      return type.width
    case 'int64':
      return type.as === 'number' ? 'int64' : 'int64 as bigint'
    case 'fixedBinary':
      return `fixedBinary(${type.byteLength})`
    case 'list':
      return type.as === 'Array' ? `list<${typeText(type.item)}>` : type.as
    case 'struct':
      return `struct<${fieldsText(type.fields)}>`
    default:
      return type.kind
  }
}

const fieldsText = (fields: readonly Field[]): string =>
  fields.map(f => `${f.name}: ${typeText(f.type)}`).join(', ')

/**
 * A schema for people: `object { value: utf8, count: int64 }`, `pair (utf8, float64)`, `scalar utf8`,
 * `record of 100 bytes, key 0..10`.
 */
export function schemaText(schema: Schema): string {
  if (schema.shape === 'object')
    return schema.fields.length === 0 ? 'object {}' : `object { ${fieldsText(schema.fields)} }`
  if (schema.shape === 'record') return recordText(schema)
  const types = schema.fields.map(f => typeText(f.type)).join(', ')
  return schema.shape === 'pair' ? `pair (${types})` : `scalar ${types}`
}

function recordText(schema: Schema): string {
  const [offset, length] = recordKey(schema)
  const key = schema.key === undefined ? '' : `, key ${offset}..${offset + length}`
  const computed = schema.fields.length > 1 ? ` with ${fieldsText(schema.fields.slice(1))}` : ''
  return `record of ${recordLength(schema)} bytes${key}${computed}`
}

export function sameType(a: ColumnType, b: ColumnType): boolean {
  if (a === b) return true
  switch (a.kind) {
    case 'number':
      return b.kind === 'number' && a.width === b.width
    case 'int64':
      return b.kind === 'int64' && a.as === b.as
    case 'fixedBinary':
      return b.kind === 'fixedBinary' && a.byteLength === b.byteLength
    case 'list':
      return b.kind === 'list' && a.as === b.as && sameType(a.item, b.item)
    case 'struct':
      return b.kind === 'struct' && sameFields(a.fields, b.fields)
    default:
      return a.kind === b.kind
  }
}

function sameFields(a: readonly Field[], b: readonly Field[]): boolean {
  return (
    a === b ||
    (a.length === b.length && a.every((f, i) => f.name === b[i]!.name && sameType(f.type, b[i]!.type)))
  )
}

/** Equal shapes, names and types in the same order. */
export function sameSchema(a: Schema, b: Schema): boolean {
  return a === b || (sameShape(a, b) && sameFields(a.fields, b.fields))
}

/** Fixed-length records of another length, or with another key, are records of another shape. */
export function sameShape(a: Schema, b: Schema): boolean {
  if (a.shape !== b.shape || a.shape !== 'record') return a.shape === b.shape
  const [offset, length] = recordKey(a)
  const [otherOffset, otherLength] = recordKey(b)
  return recordLength(a) === recordLength(b) && offset === otherOffset && length === otherLength
}

/**
 * The schema that batches of both schemas can be cast to; null stands for "no rows seen".
 *
 * A null column takes the other's type, columns that one side lacks are added at the end, and types that JavaScript
 * sees alike meet: numbers of different widths, and int64 read as numbers, become float64; binaries of different
 * lengths become binary; structs and lists meet part by part. The result is `a` itself where `b` adds nothing.
 *
 * @throws TYPE_MISMATCH for two shapes, or two other types in one column.
 *
 * @example
 * unifySchemas(schemaOf({ a: null }), schemaOf({ a: 1, b: 'x' })) // object { a: float64, b: utf8 }
 */
export function unifySchemas(
  a: Schema | null,
  b: Schema | null,
  where: { operator?: string } = {},
): Schema | null {
  if (a === null || b === null || a === b) return a ?? b
  const place = where.operator === undefined ? {} : { operator: where.operator }
  if (!sameShape(a, b)) {
    throw new DunlinError(
      'TYPE_MISMATCH',
      `records of two shapes in one dataset: ${schemaText(a)} and ${schemaText(b)}`,
      {
        hint:
          a.shape === 'record' && b.shape === 'record'
            ? 'Read all fixed-length records with one length and one key, or map them to values first.'
            : 'Give every record the same shape: a scalar, a [key, value] pair or a plain object.',
        place,
      },
    )
  }
  const fields = unifyFields(a.fields, b.fields, '', (path, x, y) => {
    // A computed column: its name is not the user's.
    if (path.startsWith('\u0000')) {
      throw new DunlinError(
        'TYPE_MISMATCH',
        `a key function returned ${typeText(x)} for some records and ${typeText(y)} for others`,
        { hint: 'Return values of one type from it.', place },
      )
    }
    throw new DunlinError(
      'TYPE_MISMATCH',
      `column "${path}" is ${typeText(x)} in some records and ${typeText(y)} in others`,
      {
        hint: 'Make the values of the column one type, or declare a schema.',
        place,
      },
    )
  })
  return fields === a.fields ? a : { ...a, fields }
}

type Conflict = (path: string, a: ColumnType, b: ColumnType) => never

function unifyFields(
  a: readonly Field[],
  b: readonly Field[],
  path: string,
  conflict: Conflict,
): readonly Field[] {
  if (a === b) return a
  const others = new Map(b.map(f => [f.name, f]))
  let changed = false
  const fields: Field[] = a.map(field => {
    const other = others.get(field.name)
    if (other === undefined) return field
    others.delete(field.name)
    const type = unifyTypes(field.type, other.type, path + field.name, conflict)
    if (type === field.type) return field
    changed = true
    return { name: field.name, type }
  })
  if (others.size > 0) fields.push(...others.values())
  else if (!changed) return a
  return fields
}

const FLOAT64: ColumnType = { kind: 'number', width: 'float64' }
const BINARY: ColumnType = { kind: 'binary' }

const isNumber = (t: ColumnType): boolean => t.kind === 'number' || (t.kind === 'int64' && t.as === 'number')
const isBinary = (t: ColumnType): boolean => t.kind === 'binary' || t.kind === 'fixedBinary'

function unifyTypes(a: ColumnType, b: ColumnType, path: string, conflict: Conflict): ColumnType {
  if (b.kind === 'null' || sameType(a, b)) return a
  if (a.kind === 'null') return b
  if (isNumber(a) && isNumber(b)) return a.kind === 'number' && a.width === 'float64' ? a : FLOAT64
  if (isBinary(a) && isBinary(b)) return a.kind === 'binary' ? a : BINARY
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = unifyFields(a.fields, b.fields, `${path}.`, conflict)
    return fields === a.fields ? a : { kind: 'struct', fields }
  }
  if (a.kind === 'list' && b.kind === 'list' && a.as === b.as) {
    const item = unifyTypes(a.item, b.item, `${path}[]`, conflict)
    return item === a.item ? a : { kind: 'list', item, as: a.as }
  }
  return conflict(path, a, b)
}
