/** Which values are data and nothing else, so that V8's own serialization keeps their meaning and their identities. */
import { types } from 'node:util'
import type { BufferWindows } from './buffer-windows.ts'
import { hasNamedProperties } from './inspect.ts'
import { isDense, isPlainProperty } from './plain-value.ts'

/** Where an object stands in the one that holds it: `step('table')` is `table.rows`, as an expression. */
export interface Link {
  readonly parent: object
  /** Of a Map or Set: `step` is given this list of it, as an array. */
  readonly list?: 'keys' | 'values'
  readonly step: (parent: string) => string
}

export interface PlainData {
  /** About what it takes when it is serialized. */
  readonly sizeBytes: number
  /** Every object inside → where it stands, so that other captures of it stay the same object. */
  readonly links: ReadonlyMap<object, Link>
}

/** V8 recurses when it serializes: deeper values are written object by object, which has a limit with a message. */
const MAX_DEPTH = 200
const NUMBER_BYTES = 8
const OBJECT_BYTES = 16

/** What the capture around knows. */
export interface Surroundings {
  /** Whether an object has been written. */
  readonly isKnown: (value: object) => boolean
  readonly windows: BufferWindows
}

/** Whether a view is of one of the language's own classes, with nothing beside its items. */
export function isPlainView(view: ArrayBufferView): boolean {
  const name = types.isDataView(view) ? 'DataView' : (view as Uint8Array)[Symbol.toStringTag]
  const intrinsic = (globalThis as unknown as Record<string, { prototype: object }>)[name]?.prototype
  return Object.getPrototypeOf(view) === intrinsic && !hasNamedProperties(view)
}

class NotPlain extends Error {}

class Scan {
  readonly links = new Map<object, Link>()
  sizeBytes = 0
  private readonly root: object
  private readonly isKnown: (value: object) => boolean
  private readonly windows: BufferWindows

  constructor(root: object, { isKnown, windows }: Surroundings) {
    this.root = root
    this.isKnown = isKnown
    this.windows = windows
    this.contents(root, 0)
  }

  private value(
    value: unknown,
    parent: object,
    step: Link['step'],
    depth: number,
    list?: Link['list'],
  ): void {
    switch (typeof value) {
      case 'string':
        this.sizeBytes += value.length
        return
      case 'function':
      case 'symbol':
        throw new NotPlain()
      case 'object':
        if (value === null) return
        if (value === this.root || this.links.has(value)) return
        if (this.isKnown(value)) throw new NotPlain()
        this.links.set(value, list === undefined ? { parent, step } : { parent, step, list })
        this.contents(value, depth + 1)
        return
      default:
        this.sizeBytes += NUMBER_BYTES
    }
  }

  private contents(value: object, depth: number): void {
    if (depth > MAX_DEPTH || types.isProxy(value) || !Object.isExtensible(value)) throw new NotPlain()
    this.sizeBytes += OBJECT_BYTES
    const prototype: unknown = Object.getPrototypeOf(value)
    if (Array.isArray(value) && prototype === Array.prototype) this.properties(value, depth)
    else if (types.isMap(value) && prototype === Map.prototype) {
      this.nothingElse(value)
      let i = 0
      for (const [key, item] of value) {
        const at = i++
        this.value(key, value, list => `${list}[${at}]`, depth, 'keys')
        this.value(item, value, list => `${list}[${at}]`, depth, 'values')
      }
    } else if (types.isSet(value) && prototype === Set.prototype) {
      this.nothingElse(value)
      let i = 0
      for (const item of value) {
        const at = i++
        this.value(item, value, list => `${list}[${at}]`, depth, 'values')
      }
    } else if (ArrayBuffer.isView(value)) this.view(value, depth)
    else if (types.isArrayBuffer(value) && prototype === ArrayBuffer.prototype) {
      if (value.resizable) throw new NotPlain()
      this.windows.wholeBuffer(value)
      this.nothingElse(value)
      this.sizeBytes += value.byteLength
    } else if (types.isDate(value) && prototype === Date.prototype) this.nothingElse(value)
    else if (prototype === Object.prototype && Object.prototype.toString.call(value) === '[object Object]') {
      this.properties(value, depth)
    } else throw new NotPlain()
  }

  private view(value: ArrayBufferView, depth: number): void {
    if (!isPlainView(value)) throw new NotPlain()
    if (this.windows.takes(value)) throw new NotPlain()
    this.value(value.buffer, value, parent => `${parent}.buffer`, depth)
  }

  private nothingElse(value: object): void {
    if (Reflect.ownKeys(value).length > 0) throw new NotPlain()
  }

  private properties(value: object, depth: number): void {
    const keys = Reflect.ownKeys(value)
    const isArray = Array.isArray(value)
    if (isArray && !isDense(value, keys)) throw new NotPlain()
    for (const key of keys) {
      if (isArray && key === 'length') continue
      if (typeof key === 'symbol' || key === '__proto__') throw new NotPlain()
      const property = Object.getOwnPropertyDescriptor(value, key)!
      if (!isPlainProperty(property)) throw new NotPlain()
      if (!isArray) this.sizeBytes += key.length
      const keyText = isArray ? key : JSON.stringify(key)
      this.value(property.value, value, parent => `${parent}[${keyText}]`, depth)
    }
  }
}

/** What is known of a value that is data alone; undefined for any other, and where something inside is known already. */
export function plainData(root: object, around: Surroundings): PlainData | undefined {
  try {
    return new Scan(root, around)
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}
