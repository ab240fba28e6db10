/** Frozen copies of plain data. */

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * A deeply frozen copy of plain objects and arrays. Anything else (functions, class instances) is kept as it is: it
 * belongs to the caller.
 */
export function frozen<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen)) as T
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  const copy: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(value)) {
    // A column may be called `__proto__`: assignment would set the prototype instead.
    Object.defineProperty(copy, name, { value: frozen(one), enumerable: true })
  }
  return Object.freeze(copy) as T
}
