/** The object that a copy starts from: of the right kind inside, before it has its properties. */
import { types } from 'node:util'
import type { Capture } from './capture.ts'
import { hasNamedProperties } from './inspect.ts'
import { COPIED, classOf, prototypes } from './object-checks.ts'
import { isDense, primitiveText, stringText } from './plain-value.ts'
import { shownName } from './secrets.ts'

export interface EmptyObject {
  /** An expression for the object before it has properties. */
  readonly text: string
  /** The prototype that `text` gives. */
  readonly prototype: object | null
  /** Own keys that `text` brings by itself. */
  readonly has?: (key: string) => boolean
  /** Adds the contents of Maps and Sets. */
  readonly fill?: (id: string) => void
}

const base64 = (view: Uint8Array): string =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64')

function bufferText(c: Capture, buffer: ArrayBufferLike): string {
  if (!(buffer instanceof ArrayBuffer)) {
    return c.refuse('SharedArrayBuffer is memory of this process', {
      hint: 'copy it into an ordinary typed array',
    })
  }
  if (buffer.resizable) c.refuse('a resizable ArrayBuffer', { hint: 'copy it into one of a fixed size' })
  return `Uint8Array.from(Buffer.from("${base64(new Uint8Array(buffer))}", "base64")).buffer`
}

function viewText(c: Capture, view: ArrayBufferView): EmptyObject {
  if (hasNamedProperties(view))
    c.refuse('a typed array with properties of its own', { hint: 'keep them beside it' })
  // A small Buffer is a window into a pool that it shares with unrelated data: only the window is taken.
  if (Buffer.isBuffer(view)) {
    return { text: `Buffer.from("${base64(view)}", "base64")`, prototype: Buffer.prototype }
  }
  const name = types.isDataView(view) ? 'DataView' : (view as Uint8Array)[Symbol.toStringTag]
  const length = types.isDataView(view) ? view.byteLength : (view as Uint8Array).length
  const prototype = (globalThis as unknown as Record<string, { prototype: object }>)[name]!.prototype
  if (c.windows.takes(view)) {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    const own = `Uint8Array.from(Buffer.from("${base64(bytes)}", "base64")).buffer`
    return { text: `new ${name}(${own}, 0, ${length})`, prototype }
  }
  const buffer = c.value(view.buffer, '.buffer')
  return { text: `new ${name}(${buffer}, ${view.byteOffset}, ${length})`, prototype }
}

export const isIndex = (key: string): boolean => /^\d+$/.test(key)

function errorText(error: Error): EmptyObject {
  const base = prototypes(error).find(prototype => COPIED.has(prototype) && prototype !== Object.prototype)!
  const name = classOf(base)!.name
  const create = name === 'AggregateError' ? 'new AggregateError([])' : `new ${name}()`
  // The stack is an accessor of V8's own; assigning it makes it say what the original says.
  return {
    text: `Object.assign(${create}, { stack: ${primitiveText(String(error.stack))} })`,
    prototype: base,
    has: key => key === 'stack',
  }
}

/** The empty object for `value`, by what it is inside, whatever its prototype says. */
export function emptyObject(c: Capture, value: object): EmptyObject {
  if (Array.isArray(value)) {
    const holes = !isDense(value, Reflect.ownKeys(value))
    return {
      text: holes ? `new Array(${value.length})` : '[]',
      prototype: Array.prototype,
      has: key => key === 'length',
    }
  }
  if (types.isMap(value)) {
    const fill = (id: string) => {
      for (const [key, item] of value) {
        const label = shownName(primitiveText(key) ?? '…')
        c.emit(`${id}.set(${c.value(key, `key ${label}`)}, ${c.value(item, `.get(${label})`)});`)
      }
    }
    const flat = [...value].map(pair => pair.map(primitiveText))
    if (flat.some(pair => pair.includes(undefined)))
      return { text: 'new Map()', prototype: Map.prototype, fill }
    return {
      text: `new Map([${flat.map(pair => `[${pair.join(',')}]`).join(',')}])`,
      prototype: Map.prototype,
    }
  }
  if (types.isSet(value)) {
    const fill = (id: string) => {
      for (const item of value) c.emit(`${id}.add(${c.value(item, 'a member')});`)
    }
    const flat = [...value].map(primitiveText)
    if (flat.includes(undefined)) return { text: 'new Set()', prototype: Set.prototype, fill }
    return { text: `new Set([${flat.join(',')}])`, prototype: Set.prototype }
  }
  if (types.isDate(value))
    return { text: `new Date(${Date.prototype.getTime.call(value)})`, prototype: Date.prototype }
  if (types.isRegExp(value)) {
    const text = `new RegExp(${stringText(value.source)}, ${stringText(value.flags)})`
    if (value.lastIndex === 0) return { text, prototype: RegExp.prototype, has: key => key === 'lastIndex' }
    return {
      text: `Object.assign(${text}, { lastIndex: ${value.lastIndex} })`,
      prototype: RegExp.prototype,
      has: key => key === 'lastIndex',
    }
  }
  if (ArrayBuffer.isView(value)) return viewText(c, value)
  if (types.isAnyArrayBuffer(value)) c.windows.wholeBuffer(value)
  if (types.isAnyArrayBuffer(value)) return { text: bufferText(c, value), prototype: ArrayBuffer.prototype }
  if (types.isNativeError(value)) return errorText(value)
  if (types.isBoxedPrimitive(value)) {
    const primitive = (value as { valueOf(): unknown }).valueOf()
    const prototype: object = Object.getPrototypeOf(Object(primitive))
    return {
      text: `Object(${c.value(primitive, null)})`,
      prototype,
      has: key => key === 'length' || isIndex(key),
    }
  }
  if (value instanceof URL) return { text: `new URL(${stringText(value.href)})`, prototype: URL.prototype }
  if (value instanceof URLSearchParams) {
    return { text: `new URLSearchParams(${stringText(String(value))})`, prototype: URLSearchParams.prototype }
  }
  return { text: '{}', prototype: Object.prototype }
}
