/** Objects to source: first an empty one of the right kind, then its properties, so that cycles work. */

import { types } from 'node:util'
import { DRIVER_ONLY } from '../dataset/driver-only.ts'
import { blobValue } from './blob-value.ts'
import type { Capture } from './capture.ts'
import { emptyObject, isIndex } from './empty-object.ts'
import { builtinExport, globalPath } from './known-values.ts'
import { checkClasses, checkInstance, checkPackageInstance, classOf } from './object-checks.ts'
import { isPlainProperty, stringText, treeText } from './plain-value.ts'
import { shownName } from './secrets.ts'

/** An expression for a prototype object: that of a class, or an object like any other. */
function prototypeText(c: Capture, prototype: object | null): string {
  if (prototype === null) return 'null'
  const maker = classOf(prototype)
  if (maker === undefined) return c.value(prototype, 'its prototype')
  return globalPath(prototype) ?? `${c.value(maker, null)}.prototype`
}

/** Copies own properties; `has` are those that are there already. */
export function copyProperties(
  c: Capture,
  value: object,
  id: string,
  has: (key: string) => boolean,
  simple: boolean,
): void {
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'string' && has(key)) continue
    const property = Object.getOwnPropertyDescriptor(value, key)!
    const keyText = typeof key === 'symbol' ? c.value(key, 'a symbol key') : stringText(key)
    const step =
      typeof key === 'symbol'
        ? `[${String(key)}]`
        : Array.isArray(value) && isIndex(key)
          ? `[${key}]`
          : `.${shownName(key)}`
    const { enumerable, configurable } = property
    if (simple && isPlainProperty(property) && key !== '__proto__') {
      c.emit(`${id}[${keyText}] = ${c.value(property.value, step)};`)
    } else if ('value' in property) {
      const flags = `writable: ${property.writable}, enumerable: ${enumerable}, configurable: ${configurable}`
      c.emit(
        `Object.defineProperty(${id}, ${keyText}, { value: ${c.value(property.value, step)}, ${flags} });`,
      )
    } else {
      const get = c.value(property.get, `the getter of ${String(key)}`)
      const set = c.value(property.set, `the setter of ${String(key)}`)
      c.emit(
        `Object.defineProperty(${id}, ${keyText}, { get: ${get}, set: ${set}, enumerable: ${enumerable}, configurable: ${configurable} });`,
      )
    }
  }
}

function extensibility(value: object, id: string): string | undefined {
  if (Object.isExtensible(value)) return undefined
  // V8 seals and freezes no view that has elements, though it says of one that cannot grow that it is sealed.
  if (ArrayBuffer.isView(value)) return `Object.preventExtensions(${id});`
  if (Object.isFrozen(value)) return `Object.freeze(${id});`
  return Object.isSealed(value) ? `Object.seal(${id});` : `Object.preventExtensions(${id});`
}

/** The expression of an object's copy; emits the statements that make it. */
export function objectValue(c: Capture, value: object): string {
  const blob = blobValue(c, value)
  if (blob !== undefined) return blob
  const tree =
    types.isProxy(value) || DRIVER_ONLY in value ? undefined : treeText(value, inner => c.isKnown(inner))
  const id = c.newName('$v')
  if (tree !== undefined) {
    for (const [inner, path] of tree.inner) c.remember(c.ids, inner, `${id}${path}`)
    c.emit(`const ${id} = ${tree.text};`)
    return id
  }
  checkClasses(c, value)
  const builtin =
    Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length > 5
      ? builtinExport(value)
      : undefined
  if (builtin !== undefined) return c.references.import(builtin.specifier, builtin.name, null, '')
  const prototype: object | null = Object.getPrototypeOf(value)
  const { text, prototype: given, has = () => false, fill } = emptyObject(c, value)
  const maker = prototype === null ? undefined : classOf(prototype)
  if (prototype !== given) checkInstance(c, value, maker)
  checkPackageInstance(c, maker)
  const chain = prototype === given ? null : prototypeText(c, prototype)
  const already = c.ids.get(value)
  if (already !== undefined) return already // its class leads back to it
  if (chain === null) c.emit(`const ${id} = ${text};`)
  else if (text === '{}') c.emit(`const ${id} = Object.create(${chain});`)
  else c.emit(`const ${id} = Object.setPrototypeOf(${text}, ${chain});`)
  c.remember(c.ids, value, id)
  fill?.(id)
  if (!ArrayBuffer.isView(value)) copyProperties(c, value, id, has, given === prototype || prototype === null)
  const closing = extensibility(value, id)
  if (closing !== undefined) c.emit(closing)
  return id
}
