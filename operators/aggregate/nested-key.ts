/** A text that is equal for lists and objects that are equal as keys. */
import { isPlainObject, typedArrayName } from '../batch/value-kind.ts'

const MAX_DEPTH = 64

/**
 * Fields that are null or missing do not count, the order of fields neither; numbers are SameValueZero. Null for
 * values that no column can hold.
 */
export function nestedKey(value: unknown, depth = 0): string | null {
  if (value === null || value === undefined) return '_'
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? JSON.stringify(value) : null
    case 'number':
      return String(value)
    case 'boolean':
      return value ? 't' : 'f'
    case 'bigint':
      return `${value}n`
    case 'object':
      return depth > MAX_DEPTH ? null : objectKey(value, depth)
    default:
      return null
  }
}

function objectKey(value: object, depth: number): string | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : `d${value.getTime()}`
  if (value instanceof Uint8Array)
    return `x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')}`
  const name = Array.isArray(value) ? 'Array' : typedArrayName(value)
  const parts: string[] = []
  if (name !== undefined) {
    for (const item of value as Iterable<unknown>) {
      const key = nestedKey(item, depth + 1)
      if (key === null) return null
      parts.push(key)
    }
    return `${name}[${parts.join()}]`
  }
  if (!isPlainObject(value)) return null
  for (const field of Object.keys(value).sort()) {
    const key = nestedKey((value as Record<string, unknown>)[field], depth + 1)
    if (key === null) return null
    if (key !== '_') parts.push(`${JSON.stringify(field)}:${key}`)
  }
  return `{${parts.join()}}`
}

/**
 * A copy with 0 for −0. Of values that are equal as keys one stands for all, and which comes first in a table depends
 * on which keys are in it: so they must not differ in their bits.
 */
export function nestedValue(value: unknown): unknown {
  if (typeof value === 'number') return value + 0
  if (Array.isArray(value)) return value.map(nestedValue)
  if (value instanceof Float64Array || value instanceof Float32Array) return value.map(item => item + 0)
  if (typeof value !== 'object' || value === null || !isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, nestedValue(field)]))
}
