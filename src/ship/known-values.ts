/** Values that every worker has under a name: globals such as `Math.max`, and exports of Node's own modules. */
import { builtinModules, createRequire } from 'node:module'
import { isPristineGlobal, pristineGlobals } from './pristine-globals.ts'

/** How deep below a global the search goes: `Array.prototype.map` is two steps down. */
const DEPTH = 2
const identifier = /^[A-Za-z_$][\w$]*$/

let globalPaths: Map<unknown, string> | null = null

function isReference(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function addMembers(paths: Map<unknown, string>, owner: object, prefix: string, depth: number): void {
  for (const key of Object.getOwnPropertyNames(owner)) {
    const property = Object.getOwnPropertyDescriptor(owner, key)
    if (property === undefined || !('value' in property) || !isReference(property.value)) continue
    if (paths.has(property.value)) continue
    const path = identifier.test(key) ? `${prefix}.${key}` : `${prefix}[${JSON.stringify(key)}]`
    paths.set(property.value, path)
    if (depth > 1) addMembers(paths, property.value, path, depth - 1)
  }
}

function findGlobals(): Map<unknown, string> {
  const paths = new Map<unknown, string>([[globalThis, 'globalThis']])
  const roots: [string, object][] = []
  for (const [name, value] of pristineGlobals()) {
    if (isReference(value) && !paths.has(value)) paths.set(value, name)
    // The members of process are this process's own.
    if (isReference(value) && name !== 'process' && name !== 'globalThis' && name !== 'global')
      roots.push([name, value])
  }
  // Lazy globals (process, Buffer, fetch, …) count only when reading them has no effect on the program.
  for (const name of [
    'process',
    'Buffer',
    'console',
    'URL',
    'TextEncoder',
    'TextDecoder',
    'structuredClone',
  ]) {
    const value = (globalThis as Record<string, unknown>)[name]
    if (isPristineGlobal(name) && isReference(value) && !paths.has(value)) {
      paths.set(value, name)
      if (name !== 'process') roots.push([name, value])
    }
  }
  for (const [name, value] of roots) addMembers(paths, value, name, DEPTH)
  return paths
}

/** An expression that gives the very same global value on any worker, e.g. `Math.max`. */
export function globalPath(value: unknown): string | undefined {
  globalPaths ??= findGlobals()
  return globalPaths.get(value)
}

export interface BuiltinExport {
  readonly specifier: string
  /** `default` for the module itself. */
  readonly name: string
}

/** Requiring these warns, or changes the process. */
const NOT_SEARCHED = /^(?:_|node:|punycode|sys$|wasi|trace_events|sqlite|test|inspector|cluster|repl|domain)/
let builtinExports: Map<unknown, BuiltinExport> | null = null

function findBuiltins(): Map<unknown, BuiltinExport> {
  const found = new Map<unknown, BuiltinExport>()
  const require = createRequire(import.meta.url)
  for (const name of builtinModules) {
    if (NOT_SEARCHED.test(name)) continue
    const specifier = `node:${name}`
    const exported = require(specifier) as Record<string, unknown>
    if (!found.has(exported)) found.set(exported, { specifier, name: 'default' })
    for (const key of Object.keys(exported)) {
      const property = Object.getOwnPropertyDescriptor(exported, key)
      if (property === undefined || !('value' in property) || !isReference(property.value)) continue
      if (!found.has(property.value)) found.set(property.value, { specifier, name: key })
    }
  }
  return found
}

/** The export of a Node module that `value` is. The first call loads every public builtin module: about 40 ms. */
export function builtinExport(value: unknown): BuiltinExport | undefined {
  builtinExports ??= findBuiltins()
  return builtinExports.get(value)
}
