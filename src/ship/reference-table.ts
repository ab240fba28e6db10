/** What the generated module imports: everything that is shipped by reference instead of by value. */
import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'

/** A module as some file of the user names it; the bundler resolves it from that file's folder. */
export interface ImportTarget {
  readonly specifier: string
  /** Folder that the specifier is relative to. */
  readonly folder: string
  /** `file:line` of the import, for the error when it cannot be resolved. */
  readonly at: string
}

/** Specifiers of this scheme stand for an `ImportTarget` by number; the bundler never lets one through. */
export const TARGET_SCHEME = 'dunlin-target:'
/** Prefix of the exports that the bundler adds to a file, for bindings that the file itself does not export. */
export const EXPOSED_PREFIX = '__dunlin_'

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

export class ReferenceTable {
  readonly targets: ImportTarget[] = []
  /** File → names of its top level that the generated module needs. */
  readonly exposed = new Map<string, Set<string>>()
  /** Exposed files that are CommonJS. */
  readonly commonJs = new Set<string>()
  private readonly names = new Map<string, string>()
  private readonly statements: string[] = []

  private target(specifier: string, file: string | null, at: string): string {
    if (isBuiltin(specifier))
      return JSON.stringify(specifier.startsWith('node:') ? specifier : `node:${specifier}`)
    const folder = file === null ? process.cwd() : dirname(file)
    let index = this.targets.findIndex(t => t.specifier === specifier && t.folder === folder)
    if (index === -1) index = this.targets.push({ specifier, folder, at }) - 1
    return JSON.stringify(`${TARGET_SCHEME}${index}`)
  }

  private once(key: string, statement: (name: string) => string): string {
    const known = this.names.get(key)
    if (known !== undefined) return known
    const name = `$i${this.names.size}$d`
    this.names.set(key, name)
    this.statements.push(statement(name))
    return name
  }

  /** The local name of an export of `specifier` as `file` would import it; `*` for the namespace. */
  import(specifier: string, name: string, file: string | null, at: string): string {
    const from = this.target(specifier, file, at)
    if (name === '*') return this.once(`* ${from}`, local => `import * as ${local} from ${from};`)
    const exported = identifier.test(name) ? name : JSON.stringify(name)
    return this.once(`${name} ${from}`, local => `import { ${exported} as ${local} } from ${from};`)
  }

  /** What `require(specifier)` gives in a CommonJS file. */
  require(specifier: string, file: string | null, at: string): string {
    if (isBuiltin(specifier)) return this.import(specifier, 'default', file, at)
    const from = this.target(specifier, file, at)
    return this.once(`require ${from}`, local => `const ${local} = require(${from});`)
  }

  /** The specifier to write into a dynamic `import(…)`. */
  dynamic(specifier: string, file: string | null, at: string): string {
    return this.target(specifier, file, at)
  }

  /** A binding of another file's top level, exported or not. */
  expose(file: string, name: string, format: 'esm' | 'cjs'): string {
    const names = this.exposed.get(file) ?? new Set()
    this.exposed.set(file, names.add(name))
    const from = this.target(file, file, file)
    if (format === 'esm') {
      return this.once(
        `exposed ${name} ${from}`,
        l => `import { ${EXPOSED_PREFIX}${name} as ${l} } from ${from};`,
      )
    }
    this.commonJs.add(file)
    return this.once(
      `exposed ${name} ${from}`,
      l => `const ${l} = require(${from}).${EXPOSED_PREFIX}${name};`,
    )
  }

  /** The import statements, in the order in which they were first needed. */
  get text(): string {
    return this.statements.join('\n')
  }

  get needsBundle(): boolean {
    return this.targets.length > 0
  }

  /** A mark to go back to when an attempt to copy a value failed. */
  mark(): () => void {
    const counts = { targets: this.targets.length, names: this.names.size }
    const exposed = [...this.exposed].map(([file, names]) => [file, new Set(names)] as const)
    const commonJs = [...this.commonJs]
    return () => {
      this.targets.length = counts.targets
      this.statements.length = counts.names
      for (const key of [...this.names.keys()].slice(counts.names)) this.names.delete(key)
      this.exposed.clear()
      for (const [file, names] of exposed) this.exposed.set(file, names)
      this.commonJs.clear()
      for (const file of commonJs) this.commonJs.add(file)
    }
  }
}
