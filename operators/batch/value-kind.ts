/** Value kinds: which column type a JavaScript value asks for, and which values have none. */
import type { ColumnType, NumberWidth, TypedArrayName } from './column-type.ts'
import { classNameOf } from './preview.ts'

export type ValueKind =
  | 'number'
  | 'string'
  | 'bigint'
  | 'boolean'
  | 'date'
  | 'binary'
  | 'typedArray'
  | 'array'
  | 'object'

const TYPED_ARRAYS: Readonly<Record<TypedArrayName, ColumnType>> = {
  Int8Array: number('int8'),
  Int16Array: number('int16'),
  Int32Array: number('int32'),
  Uint16Array: number('uint16'),
  Uint32Array: number('uint32'),
  Float32Array: number('float32'),
  Float64Array: number('float64'),
  BigInt64Array: { kind: 'int64', as: 'bigint' },
}

function number(width: NumberWidth): ColumnType {
  return { kind: 'number', width }
}

export const typedArrayItem = (name: TypedArrayName): ColumnType => TYPED_ARRAYS[name]

/** The name of a typed array that can be a list column, else undefined. `Symbol.toStringTag` survives realms. */
export function typedArrayName(value: unknown): TypedArrayName | undefined {
  if (!ArrayBuffer.isView(value)) return undefined
  const tag = (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]
  return tag !== undefined && Object.hasOwn(TYPED_ARRAYS, tag) ? (tag as TypedArrayName) : undefined
}

/** An object literal, `Object.create(null)`, or one of another realm (its prototype is a root). */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    prototype === Object.prototype ||
    prototype === null ||
    (!Array.isArray(value) && Object.getPrototypeOf(prototype) === null)
  )
}

/** The kind of a value that is neither null nor undefined; undefined where no column can hold it. */
export function kindOf(value: unknown): ValueKind | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return typeof value as ValueKind
    case 'object':
      return objectKind(value as object)
    default:
      return undefined
  }
}

function objectKind(value: object): ValueKind | undefined {
  if (Array.isArray(value)) return 'array'
  if (isPlainObject(value)) return 'object'
  if (value instanceof Date) return 'date'
  if (value instanceof Uint8Array) return 'binary'
  return typedArrayName(value) === undefined ? undefined : 'typedArray'
}

/** The column type that a value asks for, for messages. */
export function kindText(value: unknown): string {
  const kind = kindOf(value)
  switch (kind) {
    case undefined:
      return typeof value === 'object'
        ? `an instance of ${classNameOf(value as object)}`
        : `a ${typeof value}`
    case 'number':
      return 'float64'
    case 'string':
      return 'utf8'
    case 'bigint':
      return 'int64 as bigint'
    case 'date':
      return 'timestamp'
    case 'typedArray':
      return typedArrayName(value)!
    case 'array':
      return 'list'
    case 'object':
      return 'struct'
    default:
      return kind
  }
}

/** What to do about a value that no column can hold: functions, symbols, instances of classes, Map, Set, Promise … */
export function refusalHint(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'leave it out of the record'
  if (typeof (value as { then?: unknown }).then === 'function') return 'await it before returning the record'
  if (value instanceof Map)
    return 'return a plain object: Object.fromEntries(map), or an array of its entries'
  if (value instanceof Set) return 'return an array: [...set]'
  if (ArrayBuffer.isView(value)) return 'return a Uint8Array for bytes, or a signed or smaller typed array'
  return 'return a plain object: { ...it } with the fields that matter'
}
