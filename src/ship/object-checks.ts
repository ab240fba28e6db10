/** Objects that must not be copied: live resources, and those whose state cannot be seen from outside. */
import { types } from 'node:util'
import type { UserFunction } from '../../planner/index.ts'
import { DRIVER_ONLY } from '../dataset/driver-only.ts'
import type { Capture } from './capture.ts'
import { inspectFunction, privateNames, scriptOf } from './inspect.ts'
import { globalPath } from './known-values.ts'
import { isPackageFile, packageName } from './origin.ts'
import { pathOfUrl } from './source-position.ts'

/** Classes of Node and of the language whose instances are bound to this process, or to a moment in it. */
const LIVE =
  /^(?:Socket|Server|TLSSocket|Stream|Readable|Writable|Duplex|Transform|ChildProcess|FileHandle|Dir|FSWatcher|StatWatcher|Worker|MessagePort|MessageChannel|BroadcastChannel|Promise|WeakMap|WeakSet|WeakRef|FinalizationRegistry|Timeout|Immediate|Generator|AsyncGenerator|Iterator|AbortSignal|AbortController|Agent|ClientRequest|IncomingMessage|OutgoingMessage|Interface|DatabaseSync|ReadableStream|WritableStream|TransformStream|Request|Response|WebSocket|EventSource|SharedArrayBuffer|AsyncLocalStorage|AsyncResource|EventEmitter|Hash|Hmac|Session)$/

const CREATE_INSIDE = 'create it inside the function, or once for each worker with perWorker(() => …)'

/** The class that a prototype belongs to. */
export function classOf(prototype: object): UserFunction | undefined {
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof maker === 'function' && maker.prototype === prototype ? maker : undefined
}

export function prototypes(object: object): object[] {
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

export const COPIED = new Set<unknown>([
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
export function checkClasses(c: Capture, value: object): void {
  if (types.isProxy(value)) {
    c.refuse('a Proxy, whose handler cannot be seen', {
      hint: 'capture the plain values that the function needs',
      opaque: true,
    })
  }
  if (DRIVER_ONLY in value) {
    const what: unknown = value[DRIVER_ONLY]
    const name = typeof what === 'string' ? what : classOf(Object.getPrototypeOf(value))?.name
    c.refuse(`${name || 'this object'} only exists on the driver`, {
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

export function checkInstance(c: Capture, value: object, maker: UserFunction | undefined): void {
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

/** An instance of a package's class may hide state in closures; only classes that can be imported are known well. */
export function checkPackageInstance(c: Capture, maker: UserFunction | undefined): void {
  if (maker === undefined || globalPath(maker) !== undefined) return
  const seen = inspectFunction(maker)
  const file = seen === null ? null : pathOfUrl(scriptOf(seen.scriptId).url)
  if (file === null || !isPackageFile(file)) return
  c.refuse(`an object of package ${packageName(file)} cannot be copied`, {
    hint: 'create it inside the function, or with const at the top level of the file',
    opaque: true,
  })
}
