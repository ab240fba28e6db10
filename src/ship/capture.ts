/** The state of one capture: what has been written, under which name, and the path that led there. */
import type { UserFunction } from '../../planner/index.ts'
import { rewrite } from './bindings.ts'
import { BLOB_FROM_BYTES, longStringValue } from './blob-value.ts'
import { BufferWindows } from './buffer-windows.ts'
import { classValue } from './class-value.ts'
import type { FreeNames } from './free-names.ts'
import { functionValue } from './function-value.ts'
import { hashOf } from './hash-of.ts'
import { builtinExport, globalPath } from './known-values.ts'
import { type Edit, type Piece, pieceLength } from './module-writer.ts'
import { objectValue } from './object-value.ts'
import type { Origins } from './origin.ts'
import { perWorkerParts } from './per-worker.ts'
import { perWorkerValue } from './per-worker-value.ts'
import type { Link } from './plain-data.ts'
import { primitiveText } from './plain-value.ts'
import { ReferenceTable } from './reference-table.ts'
import { Refusal } from './refusal.ts'
import type { Reevaluated } from './repeatable-state.ts'
import type { Site } from './site.ts'
import type { SyntaxNode } from './syntax.ts'

/** Levels of nesting that are copied; far below where the stack of the capture itself would end. */
const MAX_DEPTH = 400
const WARN_BYTES = 10 * 2 ** 20
const MAX_BYTES = 64 * 2 ** 20

/** One run of a function: the variables that its inner functions share. */
export interface Environment {
  readonly id: number
  readonly values: Map<string, unknown>
  readonly users: Set<SyntaxNode>
}

export interface RefuseOptions {
  readonly hint: string
  /** Re-evaluating the initialiser of the variable may help. */
  readonly opaque?: boolean
}

export class Capture {
  readonly origins: Origins
  /** Functions that a worker calls itself, without a receiver. */
  readonly roots: ReadonlySet<UserFunction>
  /** Whether it is for an artefact: then nobody should be told to make one. */
  readonly ahead: boolean
  readonly statements: (readonly Piece[])[] = []
  readonly references = new ReferenceTable()
  readonly windows: BufferWindows
  readonly warnings = new Set<string>()
  /** Variables that were copied, with what they and all below them take. */
  readonly captured: { readonly name: string; readonly sizeBytes: number }[] = []
  /** Value → the expression that gives its copy. */
  readonly ids = new Map<unknown, string>()
  /** Objects inside of values that went as a whole → where they stand in them. */
  private readonly links = new Map<object, Link>()
  /** The keys or values of a Map or Set that lies in such a value → the name of the array of them. */
  private readonly lists = new Map<string, string>()
  /** Hash → bytes of the data that lies beside the module. */
  readonly blobs = new Map<string, Uint8Array>()
  /** Variable → its name in the module. */
  readonly bindings = new Map<string, string>()
  readonly environments = new Map<string, Environment[]>()
  /** Names in the module that shipped code assigns to. */
  readonly assigned = new Set<string>()
  /** Variables whose initialisers are evaluated again. */
  readonly reevaluated: Reevaluated[] = []
  /** Names of stand-ins that were written. */
  readonly standIns = new Map<string, string>()
  readonly trail: string[] = []
  /** Source positions that go with the trail. */
  readonly places: (string | undefined)[] = []
  private names = 0
  private environmentCount = 0
  private sizeBytes = 0
  private readonly undo: (() => void)[] = []
  /** Functions and classes that are being captured → statements that wait for them. */
  private readonly pending = new Map<string, Piece[][]>()

  constructor(
    origins: Origins,
    roots: Iterable<UserFunction>,
    options: { readonly ahead?: boolean; readonly wholeBuffers?: ReadonlySet<ArrayBufferLike> } = {},
  ) {
    this.origins = origins
    this.ahead = options.ahead === true
    this.windows = new BufferWindows(options.wholeBuffers ?? new Set(), buffer => this.isKnown(buffer))
    this.roots = new Set(roots)
  }

  /** A name that nothing else in the module has. */
  newName(base: string): string {
    return `${base}$d${this.names++}`
  }

  nextEnvironment(): number {
    return this.environmentCount++
  }

  /** Adds a statement to the module: at once, or as soon as what it names has been written. */
  emit(...pieces: Piece[]): void {
    const waiting = this.pendingIn(pieces)
    if (waiting !== undefined) {
      waiting.push(pieces)
      this.undoLater(() => waiting.splice(waiting.indexOf(pieces), 1))
      return
    }
    this.statements.push(pieces)
    let length = 0
    for (const piece of pieces) length += pieceLength(piece)
    this.checkSize(length)
    this.sizeBytes += length
  }

  /** Refuses `moreBytes` that would be too many. */
  checkSize(moreBytes: number): void {
    if (this.sizeBytes + moreBytes > MAX_BYTES) {
      this.refuse(`the captured data is over ${MAX_BYTES / 2 ** 20} MB`, {
        hint: 'write it to a file or object and read that as a dataset',
      })
    }
  }

  /** Adds data that lies beside the module; gives its hash. */
  addBlob(bytes: Uint8Array): string {
    const hash = hashOf(bytes)
    if (!this.blobs.has(hash)) {
      this.checkSize(bytes.byteLength)
      this.sizeBytes += bytes.byteLength
      this.remember(this.blobs, hash, bytes)
    }
    return hash
  }

  /** Remembers where objects stand that went as parts of another. */
  addLinks(links: ReadonlyMap<object, Link>): void {
    for (const [inner, link] of links) this.links.set(inner, link)
    this.undoLater(() => {
      for (const inner of links.keys()) this.links.delete(inner)
    })
  }

  /** Whether the object has been written, by itself or inside of another. */
  isKnown(value: object): boolean {
    return this.ids.has(value) || this.links.has(value)
  }

  private knownText(value: unknown): string | undefined {
    const id = this.ids.get(value)
    if (id !== undefined) return id
    const link = this.links.get(value as object)
    if (link === undefined) return undefined
    const parent = this.knownText(link.parent)!
    return link.step(link.list === undefined ? parent : this.listText(`[...${parent}.${link.list}()]`))
  }

  /** The name of a list, which is made once however many of its members are wanted. */
  private listText(text: string): string {
    const known = this.lists.get(text)
    if (known !== undefined) return known
    const id = this.newName('$l')
    this.emit(`const ${id} = ${text};`)
    this.remember(this.lists, text, id)
    return id
  }

  private pendingIn(pieces: readonly Piece[]): Piece[][] | undefined {
    if (this.pending.size === 0) return undefined
    for (const piece of pieces) {
      const text = typeof piece === 'object' ? piece.text : typeof piece === 'string' ? piece : undefined
      for (const [id] of text?.matchAll(/\$[cf]\$d\d+/g) ?? []) {
        const waiting = this.pending.get(id)
        if (waiting !== undefined) return waiting
      }
    }
    return undefined
  }

  /**
   * Writes the function or class `id`, whose text may lead to itself: what names it before it stands there, such as
   * the variable that a recursive function is called by, is written after it.
   */
  define(id: string, write: () => readonly Piece[]): void {
    this.pending.set(id, [])
    let pieces: readonly Piece[]
    let waiting: Piece[][]
    try {
      pieces = write()
    } finally {
      waiting = this.pending.get(id)!
      this.pending.delete(id)
    }
    this.emit(...pieces)
    for (const statement of waiting) this.emit(...statement)
  }

  /** Sets an entry that a failed attempt takes back. */
  remember<K, V>(map: Map<K, V>, key: K, value: V): void {
    map.set(key, value)
    this.undoLater(() => map.delete(key))
  }

  /** Registers what takes a change back when the attempt around it fails. */
  undoLater(step: () => void): void {
    this.undo.push(step)
  }

  /** Runs `step`; when it throws, nothing that it wrote remains. */
  attempt<T>(step: () => T): T {
    const { length } = this.statements
    const { sizeBytes } = this
    const undone = this.undo.length
    const restore = this.references.mark()
    const warnings = new Set(this.warnings)
    try {
      return step()
    } catch (error) {
      this.statements.length = length
      this.sizeBytes = sizeBytes
      for (const back of this.undo.splice(undone).reverse()) back()
      restore()
      this.warnings.clear()
      for (const warning of warnings) this.warnings.add(warning)
      throw error
    }
  }

  /** Adds a step to the path of capture while `work` runs. */
  within<T>(step: string | null, work: () => T, at?: string): T {
    if (step === null) return work()
    if (this.trail.length >= MAX_DEPTH) {
      this.trail.splice(4, this.trail.length - 8, '…')
      this.refuse(`values are nested more than ${MAX_DEPTH} levels deep`, {
        hint: 'ship a flat table and build the nested structure on the worker',
      })
    }
    this.trail.push(step)
    this.places.push(at)
    try {
      return work()
    } finally {
      this.trail.pop()
      this.places.pop()
    }
  }

  /** Says which name looks like a secret, and how the capture came to it. */
  warnOfSecret(name: string, what: string): void {
    const path = this.trail.length === 0 ? '' : ` (${this.trail.join(' ↳ ')})`
    this.warnings.add(
      `${name}${path} looks like ${what}: shipped code is stored as it is; let the function read it from the environment of the worker, or from a store of secrets in perWorker`,
    )
  }

  /** Measures what `work` writes and warns when it is large. */
  measured<T>(name: string, work: () => T): T {
    const before = this.sizeBytes
    const result = work()
    const grown = this.sizeBytes - before
    const entry = { name: name.replace(/^variable /, ''), sizeBytes: grown }
    this.captured.push(entry)
    this.undoLater(() => this.captured.splice(this.captured.indexOf(entry), 1))
    if (grown > WARN_BYTES) {
      this.warnings.add(`${name} adds ${(grown / 2 ** 20).toFixed(1)} MB to the code that every worker loads`)
    }
    return result
  }

  refuse(reason: string, options: RefuseOptions): never {
    throw new Refusal(reason, {
      hint: options.hint,
      opaque: options.opaque ?? false,
      path: [...this.trail],
      at: this.places.findLast(place => place !== undefined),
    })
  }

  /** Edits that give the free names of a piece of code their meaning in the module. */
  rewrite(site: Site, free: FreeNames): Edit[] {
    return rewrite(this, site, free)
  }

  /** An expression that gives a copy of `value` on the worker; the same one whenever it is the same value. */
  value(value: unknown, step: string | null): string {
    if (typeof value === 'string' && value.length >= BLOB_FROM_BYTES) {
      return this.ids.get(value) ?? this.within(step, () => longStringValue(this, value))
    }
    const primitive = primitiveText(value)
    if (primitive !== undefined) return primitive
    const known = this.knownText(value) ?? globalPath(value)
    if (known !== undefined) return known
    return this.within(step, () => {
      if (typeof value === 'symbol') {
        const name = this.newName('$symbol')
        this.remember(this.ids, value, name)
        this.emit(`const ${name} = Symbol(${primitiveText(value.description)});`)
        return name
      }
      return typeof value === 'function' ? this.functionOrClass(value) : objectValue(this, value as object)
    })
  }

  private functionOrClass(fn: UserFunction): string {
    const parts = perWorkerParts(fn)
    if (parts !== undefined) return perWorkerValue(this, fn, parts)
    const text = Function.prototype.toString.call(fn)
    this.windows.code(text)
    if (/\{\s*\[native code\]\s*\}$/.test(text)) {
      const builtin = builtinExport(fn)
      if (builtin !== undefined) return this.references.import(builtin.specifier, builtin.name, null, '')
    }
    return /^class\b/.test(text) ? classValue(this, fn, text) : functionValue(this, fn, text)
  }
}
