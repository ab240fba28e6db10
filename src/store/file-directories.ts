/** The directories of a file store: made when needed, and refused where a symbolic link stands for one. */
import { lstatSync, mkdirSync, type Stats } from 'node:fs'
import { DunlinError } from '../../operators/index.ts'
import { errnoOf } from './file-error.ts'
import { removeIfEmpty, sweepFiles } from './temp-file.ts'

const KNOWN_AT_MOST = 10_000

/**
 * Directories are named by their key (`a/b`, '' for the root). Each is looked at once and then known, so that
 * the check costs nothing per object; a link that replaces a known directory later is not noticed.
 */
export class FileDirectories {
  readonly #root: string
  readonly #known = new Set<string>()

  /** `root` is an absolute path without a slash at its end ('' is the whole file system). */
  constructor(root: string) {
    this.#root = root
  }

  /** Throws `ACCESS_DENIED` where `directory` leads through a symbolic link. It need not exist. */
  check(directory: string): void {
    if (directory === '' || this.#known.has(directory)) return
    this.check(parentOf(directory))
    const stats = lstatSync(this.#path(directory), { throwIfNoEntry: false })
    if (stats === undefined) return
    this.#refuseLink(stats, directory)
    if (stats.isDirectory()) this.#remember(directory)
  }

  /** Makes the directory and those above it. Throws as `check` does, and what mkdir throws. */
  ensure(directory: string): void {
    if (this.#known.has(directory)) return
    if (directory === '') {
      mkdirSync(this.#root, { recursive: true })
    } else {
      this.ensure(parentOf(directory))
      this.#make(directory)
    }
    this.#remember(directory)
  }

  /** To be called when a directory turned out not to exist (any more). */
  forget(directory: string): void {
    this.#known.delete(directory)
    if (directory !== '') this.forget(parentOf(directory))
  }

  /** Removes the directory and those above it as far as they are empty; never the root. */
  removeEmpty(directory: string): void {
    for (let at = directory; at !== ''; at = parentOf(at)) {
      if (!removeIfEmpty(this.#path(at))) return
      this.#known.delete(at)
    }
  }

  /**
   * Removes temporary files that nobody will finish from the directory and those below it, and directories that are then
   * empty. `turn` is called before each.
   */
  async sweep(directory: string, turn: () => Promise<void>): Promise<void> {
    await turn()
    this.check(directory)
    for (const name of sweepFiles(this.#path(directory)))
      await this.sweep(directory === '' ? name : `${directory}/${name}`, turn)
    this.removeEmpty(directory)
  }

  /** The same for the root alone, whose other directories may be anybody's. */
  sweepRoot(): void {
    sweepFiles(this.#path(''))
  }

  #make(directory: string): void {
    try {
      mkdirSync(this.#path(directory))
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      const stats = lstatSync(this.#path(directory))
      this.#refuseLink(stats, directory)
      if (!stats.isDirectory()) throw error
    }
  }

  #refuseLink(stats: Stats, directory: string): void {
    if (!stats.isSymbolicLink()) return
    throw new DunlinError(
      'ACCESS_DENIED',
      `${this.#path(directory)} is a symbolic link, which a key may not pass`,
      {
        hint: 'To write behind a link, give the directory that it leads to as the output or store.',
      },
    )
  }

  #path(directory: string): string {
    return directory === '' ? this.#root || '/' : `${this.#root}/${directory}`
  }

  #remember(directory: string): void {
    if (this.#known.size >= KNOWN_AT_MOST) this.#known.clear()
    this.#known.add(directory)
  }
}

/** The key of the directory that a key or directory is in. */
export function parentOf(key: string): string {
  const slash = key.lastIndexOf('/')
  return slash < 0 ? '' : key.slice(0, slash)
}
