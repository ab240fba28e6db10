/** The names and values of the globals, read when this file is first loaded: before a program adds its own. */

/** Reading these loads parts of Node (undici, streams, …): 100 modules that most programs never need. */
const LAZY =
  /^(?:Abort|BroadcastChannel|Close|Compression|Decompression|Crypto|crypto|EventSource|File$|Blob$|FormData|Headers|Message|Navigator|navigator|Performance|performance|Readable|Request|Response|Storage|localStorage|sessionStorage|SubtleCrypto|TextDecoderStream|TextEncoderStream|Transform|WebSocket|Writable|ByteLength|CountQueuing)/

/** Globals that hold a plain value; the lazy ones are known by name only. */
const values = new Map<string, unknown>()
const names = new Set<string>(['undefined', 'globalThis'])

for (const name of Object.getOwnPropertyNames(globalThis)) {
  names.add(name)
  if (LAZY.test(name)) continue
  const property = Object.getOwnPropertyDescriptor(globalThis, name)
  if (property !== undefined && 'value' in property) values.set(name, property.value)
}

/** Whether `name` is a global that every worker has too. */
export function isPristineGlobal(name: string): boolean {
  return names.has(name)
}

/** Whether the program put something else in the place of the global `name`. */
export function isReplacedGlobal(name: string): boolean {
  if (!values.has(name)) return false
  const property = Object.getOwnPropertyDescriptor(globalThis, name)
  // A global that became an accessor is a lazy one of Node's own, or a test runner's: not evidence of a change.
  return property !== undefined && 'value' in property && !Object.is(property.value, values.get(name))
}

/** Globals with plain values: where the search for known values starts. */
export function pristineGlobals(): ReadonlyMap<string, unknown> {
  return values
}
