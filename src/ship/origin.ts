/** Whose file is it, and is it copied or imported? The rule of by value and by reference, in one place. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { scriptOfUrl } from './inspect.ts'
import { isOwnDoor, isOwnFile, isOwnSpecifier, pathInOwnPackage } from './own-package.ts'
import { type Program, programOf } from './program.ts'

/**
 * `value`: the file holds a pipeline; what functions use of it is copied, and it never runs on a worker.
 * `reference`: another file of the user or of dunlin; it is bundled, and its top level runs again on a worker.
 * `package`: a file below `node_modules`, but not of dunlin; bundled too, and nothing in it is ever copied.
 */
export type Origin = 'value' | 'reference' | 'package'

const EXTENSIONS = [
  '',
  '.ts',
  '.mts',
  '.cts',
  '.js',
  '.mjs',
  '.cjs',
  '.tsx',
  '.jsx',
  '.json',
  '/index.ts',
  '/index.js',
]

/** The file that a relative, absolute or `file:` specifier means; null for packages and builtins. */
export function targetFile(specifier: string, importer: string | null): string | null {
  if (!/^(?:\.{0,2}\/|file:|[A-Za-z]:\\)/.test(specifier)) return null
  const path = specifier.startsWith('file:')
    ? fileURLToPath(specifier.split(/[?#]/)[0]!)
    : resolve(importer === null ? process.cwd() : dirname(importer), specifier.split('?')[0]!)
  const candidates = [...EXTENSIONS.map(extension => path + extension), path.replace(/\.([mc]?)js$/, '.$1ts')]
  const found = candidates.find(candidate => existsSync(candidate))
  return found === undefined ? null : realpathSync(found)
}

export function entryScript(): string | null {
  const script = process.argv[1]
  return script !== undefined && existsSync(script) ? realpathSync(script) : null
}

/** Whether a file is of a package other than dunlin, which is the same program installed as in a checkout. */
export function isPackageFile(file: string): boolean {
  return pathInOwnPackage(file).includes(`${sep}node_modules${sep}`)
}

/** The name of the package that a file below `node_modules` belongs to. */
export function packageName(file: string): string {
  const [first = '', second = ''] = file.slice(file.lastIndexOf(`${sep}node_modules${sep}`) + 14).split(sep)
  return first.startsWith('@') ? `${first}/${second}` : first
}

/** Whether a file builds pipelines itself: it imports the engine's door. */
export function importsEngine(program: Program): boolean {
  return program.specifiers.some(specifier => {
    if (isOwnSpecifier(specifier)) return true
    const target = targetFile(specifier, program.file)
    return target !== null && isOwnDoor(target)
  })
}

export class Origins {
  private readonly valueFiles: Set<string>
  private readonly referenceFiles: ReadonlySet<string>
  private readonly known = new Map<string, boolean>()
  private readonly origins = new Map<Program, Origin>()

  /** `referenceFiles`: files that turned out to be needed by reference, whatever else speaks for by value. */
  constructor(referenceFiles: ReadonlySet<string>) {
    this.referenceFiles = referenceFiles
    const entry = entryScript()
    this.valueFiles = new Set(entry === null ? [] : [entry])
  }

  /** Says that a function given to `ship` is written in this file. */
  addPipelineFile(file: string): void {
    if (!this.referenceFiles.has(file) && !isOwnFile(file) && !isPackageFile(file)) this.valueFiles.add(file)
  }

  /** Whether the file must not run on a worker and is copied from instead. */
  isValueFile(file: string): boolean {
    if (this.valueFiles.has(file)) return true
    if (this.referenceFiles.has(file) || isOwnFile(file) || isPackageFile(file)) return false
    let known = this.known.get(file)
    if (known === undefined) {
      const script = scriptOfUrl(pathToFileURL(file).href)
      known = script?.isModule === true && importsEngine(programOf(script.scriptId))
      this.known.set(file, known)
    }
    return known
  }

  of(program: Program): Origin {
    const known = this.origins.get(program)
    if (known !== undefined) return known
    const origin = this.find(program)
    this.origins.set(program, origin)
    return origin
  }

  private find({ file }: Program): Origin {
    // Code of `eval` and of the REPL has no file to import.
    if (file === null || !existsSync(file)) return 'value'
    if (isPackageFile(file)) return 'package'
    return isOwnFile(file) || !this.isValueFile(file) ? 'reference' : 'value'
  }
}
