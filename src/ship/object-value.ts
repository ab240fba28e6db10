/** Objects to source: first an empty one of the right kind, then its properties, so that cycles work. */
import { types } from 'node:util'
import type { UserFunction } from '../../planner/index.ts'
import type { Capture } from './capture.ts'
import { inspectFunction, privateNames, scriptOf } from './inspect.ts'
import { builtinExport, globalPath } from './known-values.ts'
import { isPackageFile, packageName } from './origin.ts'
import { isPlainProperty, primitiveText, stringText, treeText } from './plain-value.ts'
import { pathOfUrl } from './source-position.ts'

/** Set by dunlin on the prototypes of what only the driver has. */
export const DRIVER_ONLY: unique symbol = Symbol.for('dunlin.driver-only')

/** Classes of Node and of the language whose instances are bound to this process, or to a moment in it. */
const LIVE =
  /^(?:Socket|Server|TLSSocket|Stream|Readable|Writable|Duplex|Transform|ChildProcess|FileHandle|Dir|FSWatcher|StatWatcher|Worker|MessagePort|MessageChannel|BroadcastChannel|Promise|WeakMap|WeakSet|WeakRef|FinalizationRegistry|Timeout|Immediate|Generator|AsyncGenerator|Iterator|AbortSignal|AbortController|Agent|ClientRequest|IncomingMessage|OutgoingMessage|Interface|DatabaseSync|ReadableStream|WritableStream|TransformStream|Request|Response|WebSocket|EventSource|SharedArrayBuffer|AsyncLocalStorage|AsyncResource|EventEmitter|Hash|Hmac|Session)$/

const CREATE_INSIDE = 'create it inside the function'

interface Made {
  /** An expression for the object before it has properties. */
  readonly text: string
  /** The prototype that `text` gives. */
  readonly prototype: object | null
  /** Own keys that `text` brings by itself. */
  readonly has?: (key: string) => boolean
  /** Adds the contents of Maps and Sets. */
  readonly fill?: (id: string) => void
}

/** The class that a prototype belongs to. */
function classOf(prototype: object): UserFunction | undefined {
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof maker === 'function' && maker.prototype === prototype ? maker : undefined
}

function prototypes(object: object): object[] {
  const chain: object[] = []
  for (let p: unknown = Object.getPrototypeOf(object); p !== null; p = Object.getPrototypeOf(p))
    chain.push(p as object)
  return chain
}

/** A class of the language or of Node, not of the user or of a package. */
function isForeignClass(maker: UserFunction): boolean {
  if (globalPath(maker) !== undefined) return true
  const seen = inspectFunction(maker)
  return seen === null || scriptOf(seen.scriptId).url.startsWith('node:')
}

const COPIED = new Set<unknown>([
  Object.prototype,
  Array.prototype,
  Map.prototype,
  Set.prototype,
  Date.prototype,
  RegExp.prototype,
  Buffer.prototype,
  ArrayBuffer.prototype,
  DataView.prototype,
  Object.getPrototypeOf(Uint8Array.prototype),
  URL.prototype,
  URLSearchParams.prototype,
  ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError].map(
    e => e.prototype,
  ),
  ...[String, Number, Boolean, BigInt, Symbol].map(c => c.prototype),
])

/** Refuses what cannot or must not be copied, by the classes along the prototype chain. */
function checkClasses(c: Capture, value: object): void {
  if (types.isProxy(value)) {
    c.refuse('a Proxy, whose handler cannot be seen', {
      hint: 'capture the plain values that the function needs',
      opaque: true,
    })
  }
  if (DRIVER_ONLY in value) {
    c.refuse(`${classOf(Object.getPrototypeOf(value))?.name || 'this object'} only exists on the driver`, {
      hint: 'collect what the function needs before, and capture that',
    })
  }
  if (types.isModuleNamespaceObject(value)) {
    c.refuse('a module that was imported dynamically', {
      hint: 'import it with an import declaration',
      opaque: true,
    })
  }
  if (types.isArgumentsObject(value) || types.isExternal(value)) {
    c.refuse('an object that belongs to a running function', { hint: 'copy what is needed into an array' })
  }
  for (const prototype of prototypes(value)) {
    if (COPIED.has(prototype) || ArrayBuffer.isView(value)) continue
    const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value
    const maker = classOf(prototype)
    const name = maker?.name || (typeof tag === 'string' ? tag.replace(/^.* Iterator$/, 'Iterator') : '')
    if (maker === undefined ? LIVE.test(name) : LIVE.test(name) && isForeignClass(maker)) {
      c.refuse(`${name} is a live resource of this process`, { hint: CREATE_INSIDE })
    }
    if (maker === undefined) continue
    if (isForeignClass(maker)) {
      c.refuse(`a ${name} cannot be copied`, {
        hint: `${CREATE_INSIDE}, or at the top level of the file`,
        opaque: true,
      })
    }
  }
  if (
    types.isPromise(value) ||
    types.isGeneratorObject(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value)
  ) {
    c.refuse(`${Object.prototype.toString.call(value).slice(8, -1)} is a live resource of this process`, {
      hint: types.isPromise(value) ? 'await it before, and capture the result' : CREATE_INSIDE,
    })
  }
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

function viewText(c: Capture, view: ArrayBufferView): Made {
  // A small Buffer is a window into a pool that it shares with unrelated data: only the window is taken.
  if (Buffer.isBuffer(view)) {
    return { text: `Buffer.from("${base64(view)}", "base64")`, prototype: Buffer.prototype, has: isIndex }
  }
  const name = types.isDataView(view) ? 'DataView' : (view as Uint8Array)[Symbol.toStringTag]
  const length = types.isDataView(view) ? view.byteLength : (view as Uint8Array).length
  const buffer = c.value(view.buffer, '.buffer')
  const prototype = (globalThis as unknown as Record<string, { prototype: object }>)[name]!.prototype
  return { text: `new ${name}(${buffer}, ${view.byteOffset}, ${length})`, prototype, has: isIndex }
}

const isIndex = (key: string): boolean => /^\d+$/.test(key)

function errorText(error: Error): Made {
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
function made(c: Capture, value: object): Made {
  if (Array.isArray(value)) {
    const holes = Object.keys(value).length !== value.length
    return {
      text: holes ? `new Array(${value.length})` : '[]',
      prototype: Array.prototype,
      has: key => key === 'length',
    }
  }
  if (types.isMap(value)) {
    const fill = (id: string) => {
      for (const [key, item] of value) {
        const label = primitiveText(key) ?? '…'
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

/** An expression for a prototype object: that of a class, or an object like any other. */
function prototypeText(c: Capture, prototype: object | null): string {
  if (prototype === null) return 'null'
  const maker = classOf(prototype)
  if (maker === undefined) return c.value(prototype, 'its prototype')
  return globalPath(prototype) ?? `${c.value(maker, null)}.prototype`
}

function checkInstance(c: Capture, value: object, maker: UserFunction | undefined): void {
  const hidden = privateNames(value)
  const name = maker?.name || 'an object'
  if (hidden.length > 0) {
    c.refuse(
      `an instance of ${name} has private fields (${hidden.join(', ')}), which cannot be read from outside`,
      {
        hint: 'create it inside the function, or with const at the top level of the file',
        opaque: true,
      },
    )
  }
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
          : `.${key}`
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
  if (Object.isFrozen(value)) return `Object.freeze(${id});`
  return Object.isSealed(value) ? `Object.seal(${id});` : `Object.preventExtensions(${id});`
}

/** The expression of an object's copy; emits the statements that make it. */
export function objectValue(c: Capture, value: object): string {
  const tree =
    types.isProxy(value) || DRIVER_ONLY in value ? undefined : treeText(value, inner => c.ids.has(inner))
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
  const { text, prototype: given, has = () => false, fill } = made(c, value)
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
  copyProperties(c, value, id, has, given === prototype || prototype === null)
  const closing = extensibility(value, id)
  if (closing !== undefined) c.emit(closing)
  return id
}

/** An instance of a package's class may hide state in closures; only classes that can be imported are known well. */
function checkPackageInstance(c: Capture, maker: UserFunction | undefined): void {
  if (maker === undefined || globalPath(maker) !== undefined) return
  const seen = inspectFunction(maker)
  const file = seen === null ? null : pathOfUrl(scriptOf(seen.scriptId).url)
  if (file === null || !isPackageFile(file)) return
  c.refuse(`an instance of ${maker.name} of package ${packageName(file)} cannot be copied`, {
    hint: 'create it inside the function, or with const at the top level of the file',
    opaque: true,
  })
}
