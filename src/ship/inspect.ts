/** What V8 knows of a function and no JavaScript can ask: its scopes, its place in the source, private fields. */
import { type Debugger, Session } from 'node:inspector'
import type { UserFunction } from '../../planner/index.ts'

export interface Scope {
  /** V8's word: `Closure`, `Block`, `Module`, `Script`, `Global`, … */
  readonly kind: string
  /** A copy of the scope's variables; reading one before its initialisation throws a ReferenceError. */
  readonly variables: Readonly<Record<string, unknown>>
}

export interface Inspected {
  readonly scriptId: string
  /** From 0. */
  readonly line: number
  /** From 0, in UTF-16 units. */
  readonly column: number
  readonly scopes: readonly Scope[]
}

export interface Script {
  readonly scriptId: string
  readonly url: string
  readonly isModule: boolean
  readonly sourceMapUrl: string
}

const SLOT = Symbol.for('dunlin.inspect')
const SLOT_TEXT = 'globalThis[Symbol.for("dunlin.inspect")]'
const GROUP = 'dunlin'

interface Slot {
  readonly value: unknown
  readonly out: unknown[]
}

let session: Session | null = null
let listing = false
const scripts = new Map<string, Script>()

function connected(): Session {
  if (session === null) {
    session = new Session()
    session.connect()
    session.on('Debugger.scriptParsed', message => {
      const { scriptId, url, isModule, sourceMapURL } = message.params
      scripts.set(scriptId, { scriptId, url, isModule: isModule ?? false, sourceMapUrl: sourceMapURL ?? '' })
    })
  }
  return session
}

/** Ends the session with V8; the next question opens a new one. */
export function endInspection(): void {
  session?.disconnect()
  session = null
  listing = false
  forgetInspections()
}

// The in-process session answers before `post` returns.
function post<Result>(method: string, params: object = {}): Result {
  let result: Result | undefined
  let failure: Error | null = null
  connected().post(method, params, (error, answer) => {
    failure = error as Error | null
    result = answer as Result
  })
  if (failure !== null) throw failure
  return result as Result
}

interface Remote {
  readonly objectId?: string
  readonly value?: unknown
  readonly description?: string
}
interface Properties {
  readonly result: readonly { readonly name: string; readonly value?: Remote }[]
  readonly internalProperties?: readonly { readonly name: string; readonly value?: Remote }[]
  readonly privateProperties?: readonly { readonly name: string; readonly value?: Remote }[]
}

function withRemote<T>(value: unknown, ask: (properties: Properties, slot: Slot) => T): T {
  const holder = globalThis as { [SLOT]?: Slot }
  const slot: Slot = { value, out: [] }
  holder[SLOT] = slot
  try {
    const { result } = post<{ result: Remote }>('Runtime.evaluate', {
      expression: `${SLOT_TEXT}.value`,
      objectGroup: GROUP,
    })
    const properties = post<Properties>('Runtime.getProperties', {
      objectId: result.objectId,
      ownProperties: true,
      // Arrays and buffers may have millions of the others.
      nonIndexedPropertiesOnly: true,
    })
    return ask(properties, slot)
  } finally {
    delete holder[SLOT]
    post('Runtime.releaseObjectGroup', { objectGroup: GROUP })
  }
}

const inspected = new Map<UserFunction, Inspected | null>()

/** Forgets what was read of scopes: variables may have changed since. */
export function forgetInspections(): void {
  inspected.clear()
}

/**
 * Null for functions without a source: native and bound ones. Asks V8 once for each function until
 * `forgetInspections`, since nothing can change during a capture, which is synchronous.
 */
export function inspectFunction(fn: UserFunction): Inspected | null {
  let known = inspected.get(fn)
  if (known === undefined) {
    known = ask(fn)
    inspected.set(fn, known)
  }
  return known
}

function ask(fn: UserFunction): Inspected | null {
  return withRemote(fn, (properties, slot) => {
    const internal = properties.internalProperties ?? []
    const location = internal.find(p => p.name === '[[FunctionLocation]]')?.value?.value as
      | Debugger.Location
      | undefined
    if (location === undefined) return null
    const list = internal.find(p => p.name === '[[Scopes]]')?.value?.objectId
    const scopes: Scope[] = []
    const entries =
      list === undefined
        ? []
        : post<Properties>('Runtime.getProperties', { objectId: list, ownProperties: true }).result
    for (const entry of entries) {
      if (!/^\d+$/.test(entry.name) || entry.value === undefined) continue
      const kind = entry.value.description?.split(' ')[0] ?? ''
      if (kind === 'Global') continue
      post('Runtime.callFunctionOn', {
        objectId: entry.value.objectId,
        functionDeclaration: `function () { ${SLOT_TEXT}.out.push(this.object) }`,
      })
      scopes.push({ kind, variables: slot.out.at(-1) as Scope['variables'] })
    }
    const { scriptId, lineNumber, columnNumber } = location
    return { scriptId, line: lineNumber, column: columnNumber ?? 0, scopes }
  })
}

/** Whether `fn` was made by `Function.prototype.bind`. */
export function isBound(fn: UserFunction): boolean {
  return withRemote(fn, p => p.internalProperties?.some(i => i.name === '[[TargetFunction]]') ?? false)
}

/** Names of the private fields (`#count`) and private methods of an object. */
export function privateNames(object: object): readonly string[] {
  return withRemote(object, p => (p.privateProperties ?? []).map(property => property.name))
}

/** Whether an object has own properties other than indices, found without listing the indices. */
export function hasNamedProperties(object: object): boolean {
  return withRemote(object, properties => properties.result.some(p => p.name !== '__proto__'))
}

/** Asks with V8's debugger on, which stays on until `endInspection`: each start lists all scripts again. */
function listScripts<T>(ask: () => T): T {
  if (!listing) {
    post('Debugger.enable')
    listing = true
  }
  return ask()
}

/** A script and its source as V8 runs it: type annotations are blanks, positions are the original file's. */
export function readScript(scriptId: string): { readonly script: Script; readonly source: string } {
  return listScripts(() => {
    const { scriptSource } = post<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId })
    const script = scripts.get(scriptId) ?? { scriptId, url: '', isModule: false, sourceMapUrl: '' }
    return { script, source: scriptSource }
  })
}

/** The script that was loaded from a URL, if any was. */
export function scriptOfUrl(url: string): Script | undefined {
  const find = () =>
    [...scripts.values()].find(script => script.url === url || script.url.split('?')[0] === url)
  return find() ?? listScripts(find)
}

/** A script by its id; a nameless one when V8 does not list it. */
export function scriptOf(scriptId: string): Script {
  const find = () => scripts.get(scriptId)
  return find() ?? listScripts(find) ?? { scriptId, url: '', isModule: false, sourceMapUrl: '' }
}
