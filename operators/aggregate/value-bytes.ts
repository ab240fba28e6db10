/** Counted bytes of a JavaScript value: an estimate that is the same on every machine. */

const NUMBER_BYTES = 8
const REFERENCE_BYTES = 16
/** Items looked at; the rest is taken to be like them. */
const MAX_ITEMS = 64
const MAX_DEPTH = 4

export function valueBytes(value: unknown, depth = 0): number {
  if (typeof value === 'string') return REFERENCE_BYTES + 2 * value.length
  if (typeof value !== 'object' || value === null) return NUMBER_BYTES
  if (ArrayBuffer.isView(value)) return REFERENCE_BYTES + value.byteLength
  if (depth === MAX_DEPTH) return REFERENCE_BYTES
  if (Array.isArray(value)) return REFERENCE_BYTES + itemsBytes(value, value.length, depth)
  if (value instanceof Map || value instanceof Set) {
    return REFERENCE_BYTES + 2 * itemsBytes(value, value.size, depth)
  }
  let bytes = REFERENCE_BYTES
  for (const name of Object.keys(value)) {
    bytes += NUMBER_BYTES + valueBytes((value as Record<string, unknown>)[name], depth + 1)
  }
  return bytes
}

function itemsBytes(items: Iterable<unknown>, size: number, depth: number): number {
  let looked = 0
  let bytes = 0
  for (const item of items) {
    if (looked++ === MAX_ITEMS) return Math.ceil((bytes / MAX_ITEMS) * size)
    bytes += valueBytes(item, depth + 1)
  }
  return bytes
}
