/** Where dunlin's own files are, so that they can be told from the user's. */
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

// The same number of steps up from `src/ship/` and from `dist/src/ship/`.
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const folders = ['operators', 'planner', 'src', 'lambda'].map(folder => join(root, folder) + sep)
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** Whether a file is part of the engine. Its benchmarks and tests are users like any other. */
export function isOwnFile(file: string): boolean {
  return folders.some(folder => file.startsWith(folder))
}

/** The path of a file below the package's own folder, wherever that is installed; other paths as they are. */
export function pathInOwnPackage(file: string): string {
  return file.startsWith(root + sep) ? file.slice(root.length) : file
}

/** Whether a file is the public entry of the package, which on a worker has only stand-ins. */
export function isOwnDoor(file: string): boolean {
  return file === join(root, 'src', `index${extension}`)
}

/** Whether an import specifier names the package itself. */
export function isOwnSpecifier(specifier: string): boolean {
  return specifier === 'dunlin' || specifier.startsWith('dunlin/')
}

/** The file that has `DunlinError`: the one export of the door that works on a worker. */
export const errorsFile: string = join(root, 'operators', `errors${extension}`)
