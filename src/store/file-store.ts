/** FileStore: an object store over a directory of the local file system. */
import { closeSync, constants, fstatSync, lstatSync, openSync, statSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { FileDirectories, parentOf } from './file-directories.ts'
import { errnoOf, fileError } from './file-error.ts'
import { allocate, patiently, readFully, SHORT_BYTES, takeTurn } from './file-io.ts'
import { listFiles, versionOf } from './file-list.ts'
import { streamFile } from './file-stream.ts'
import { pathToRootUri, schemeOf, uriToPath } from './file-uri.ts'
import { FileWriter } from './file-writer.ts'
import { checkKey, checkPrefix } from './key.ts'
import type {
  Body,
  ByteRange,
  ObjectInfo,
  ObjectStore,
  ObjectWriter,
  PutResult,
  RequestOptions,
  StreamOptions,
} from './object-store.ts'
import { withOpenFile } from './open-files.ts'
import { moveFile } from './publish-file.ts'
import { bytesOf, checkRange, notFound, piecesOf, shorterThanAsked, throwIfAborted } from './request.ts'
import { createTempFile, type TempFile } from './temp-file.ts'

export interface FileStoreOptions {
  /** A `file:` URI or an absolute path. It need not exist; the first write makes it. */
  readonly root: string
  /**
   * Whether reading (get, stream, head, list) follows symbolic links inside the root: for directories of the
   * user's data. Writing never passes one. Default false.
   */
  readonly followSymlinks?: boolean
}

/** A directory removed between two calls is made again, this often. */
const DIRECTORY_TRIES = 100

/**
 * Objects are files, `/` in a key is a directory. An object appears by one rename (`put`, `writer`, `move`) or one
 * link (`ifAbsent`) from a temporary file beside it; nothing is synced to the disk, so a power cut may lose what
 * a crash of the process does not. A directory exists while it has objects in it.
 *
 * No key leads outside the root: keys have no `..`, and each directory is checked for being a symbolic link when
 * it is first used, the file itself on every read. A link that somebody puts in the place of a directory already
 * in use is not noticed: the root must not be writable by people you do not trust.
 *
 * @example
 * const store = new FileStore({ root: '/tmp/work' })
 * await store.put('a/b.json', new TextEncoder().encode('{}'), { ifAbsent: true })
 */
export class FileStore implements ObjectStore {
  readonly uri: string
  readonly #root: string
  readonly #followSymlinks: boolean
  readonly #directories: FileDirectories
  readonly #readFlags: number

  constructor(options: FileStoreOptions) {
    const path = resolve(schemeOf(options.root) === 'file' ? uriToPath(options.root) : options.root)
    this.uri = pathToRootUri(path)
    // Keys are appended with a slash between; the root of the file system is one itself.
    this.#root = path === '/' ? '' : path
    this.#followSymlinks = options.followSymlinks ?? false
    this.#directories = new FileDirectories(this.#root)
    // Without O_NONBLOCK, opening a pipe that lies among the data would wait for ever.
    this.#readFlags =
      constants.O_RDONLY | constants.O_NONBLOCK | (this.#followSymlinks ? 0 : (constants.O_NOFOLLOW ?? 0))
  }

  async get(key: string, range?: ByteRange, options?: RequestOptions): Promise<Uint8Array> {
    const uri = this.#check(key, options?.signal)
    if (range !== undefined) checkRange(range, uri)
    await takeTurn()
    if (range !== undefined && range.length <= SHORT_BYTES)
      return this.#read(key, uri, range, options?.signal)
    return withOpenFile(() => this.#read(key, uri, range, options?.signal))
  }

  async *stream(
    key: string,
    range: { readonly offset: number; readonly length?: number } = { offset: 0 },
    options: StreamOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const uri = this.#check(key, options.signal)
    checkRange(range, uri)
    await takeTurn()
    try {
      const fd = await this.#open(key)
      try {
        yield* streamFile(fd, uri, range, options)
      } finally {
        closeSync(fd)
      }
    } catch (error) {
      throw fileError(error, 'read', uri, this.#path(key))
    }
  }

  async put(
    key: string,
    body: Body,
    options?: RequestOptions & { readonly ifAbsent?: boolean },
  ): Promise<PutResult> {
    const uri = this.#check(key, options?.signal)
    await takeTurn()
    const pieces = piecesOf(body)
    const ifAbsent = options?.ifAbsent ?? false
    // Most losers come late: they need not write what nobody will read.
    if (ifAbsent && (await this.head(key)) !== undefined) return { created: false }
    if (bytesOf(pieces) <= SHORT_BYTES) return this.#put(key, uri, pieces, ifAbsent, options?.signal)
    return withOpenFile(() => this.#put(key, uri, pieces, ifAbsent, options?.signal))
  }

  async writer(key: string, options?: RequestOptions): Promise<ObjectWriter> {
    const uri = this.#check(key, options?.signal)
    return this.#writer(key, uri, options?.signal)
  }

  async head(key: string, options?: RequestOptions): Promise<ObjectInfo | undefined> {
    const uri = this.#check(key, options?.signal)
    await takeTurn()
    try {
      if (!this.#followSymlinks) this.#directories.check(parentOf(key))
      const stat = this.#followSymlinks ? statSync : lstatSync
      const stats = stat(this.#path(key), { bigint: true, throwIfNoEntry: false })
      return stats?.isFile() ? { key, sizeBytes: Number(stats.size), version: versionOf(stats) } : undefined
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR') return undefined
      throw fileError(error, 'read', uri, this.#path(key))
    }
  }

  async *list(prefix: string, options?: RequestOptions): AsyncGenerator<ObjectInfo> {
    checkPrefix(prefix, this.uri)
    throwIfAborted(options?.signal, this.uri)
    try {
      if (!this.#followSymlinks) this.#directories.check(parentOf(prefix))
    } catch (error) {
      // A file where the prefix means a directory: there is nothing below it.
      if (errnoOf(error) === 'ENOTDIR') return
      throw fileError(error, 'list', this.uri + prefix, this.#path(prefix))
    }
    yield* listFiles(
      { root: this.#root, uri: this.uri, followSymlinks: this.#followSymlinks, signal: options?.signal },
      prefix,
    )
  }

  async delete(keys: readonly string[], options?: RequestOptions): Promise<void> {
    for (const key of keys) this.#check(key, options?.signal)
    const directories = new Set<string>()
    for (const key of keys) {
      throwIfAborted(options?.signal, this.uri + key)
      this.#remove(key)
      directories.add(parentOf(key))
      await takeTurn()
    }
    for (const directory of directories) this.#directories.removeEmpty(directory)
  }

  async sweep(prefix: string, options?: RequestOptions): Promise<void> {
    checkPrefix(prefix, this.uri)
    const directory = parentOf(prefix)
    try {
      if (prefix === '') this.#directories.sweepRoot()
      else
        await this.#directories.sweep(directory, async () => {
          throwIfAborted(options?.signal, this.uri)
          await takeTurn()
        })
    } catch (error) {
      throw fileError(error, 'delete', this.uri + prefix, this.#path(directory))
    }
  }

  async move(from: string, to: string, options?: RequestOptions): Promise<void> {
    const uri = this.#check(from, options?.signal)
    this.#check(to, options?.signal)
    await takeTurn()
    try {
      this.#directories.check(parentOf(from))
      for (let tries = 1; ; tries++) {
        const stats = lstatSync(this.#path(from), { throwIfNoEntry: false })
        if (!stats?.isFile()) throw notFound(uri)
        if (from === to) return
        try {
          this.#directories.ensure(parentOf(to))
          moveFile(this.#path(from), this.#path(to))
          break
        } catch (error) {
          if (errnoOf(error) !== 'ENOENT' || tries === DIRECTORY_TRIES) throw error
          this.#directories.forget(parentOf(to))
        }
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR' && !isThere(this.#path(from))) throw notFound(uri, error)
      throw fileError(error, 'move', `${uri} to ${this.uri}${to}`, this.#path(to))
    }
    this.#directories.removeEmpty(parentOf(from))
  }

  async #read(
    key: string,
    uri: string,
    range: ByteRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    try {
      const fd = await this.#open(key)
      try {
        // A range may come from damaged metadata: a long one is compared with the file before memory is taken.
        const short = range !== undefined && range.length > 0 && range.length <= SHORT_BYTES
        const stats = short ? undefined : fstatSync(fd)
        if (stats?.isFile() === false) throw notFound(uri)
        const sizeBytes = stats?.size ?? Number.MAX_SAFE_INTEGER
        const { offset, length } = range ?? { offset: 0, length: sizeBytes }
        if (offset + length > sizeBytes) throw shorterThanAsked(uri, { offset, length }, sizeBytes)
        const bytes = allocate(length)
        const got = await readFully(fd, bytes, offset, signal, uri)
        if (got < length) throw shorterThanAsked(uri, { offset, length }, fstatSync(fd).size)
        return bytes
      } finally {
        closeSync(fd)
      }
    } catch (error) {
      throw fileError(error, 'read', uri, this.#path(key))
    }
  }

  async #put(
    key: string,
    uri: string,
    pieces: readonly Uint8Array[],
    ifAbsent: boolean,
    signal: AbortSignal | undefined,
  ): Promise<PutResult> {
    const writer = await this.#writer(key, uri, signal)
    await writer.write(pieces)
    return writer.close({ ifAbsent })
  }

  async #writer(key: string, uri: string, signal: AbortSignal | undefined): Promise<FileWriter> {
    const path = this.#path(key)
    const directory = parentOf(key)
    try {
      const temp = await this.#createTemp(directory)
      return new FileWriter(temp, {
        path,
        uri,
        signal,
        discarded: () => this.#directories.removeEmpty(directory),
      })
    } catch (error) {
      throw fileError(error, 'write', uri, path)
    }
  }

  /** Makes the directory where it is missing, also when another process removes it at this moment. */
  async #createTemp(directory: string): Promise<TempFile> {
    for (let tries = 1; ; tries++) {
      try {
        this.#directories.ensure(directory)
        return await patiently(() => createTempFile(this.#path(directory)))
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || tries === DIRECTORY_TRIES) throw error
        this.#directories.forget(directory)
      }
    }
  }

  async #open(key: string): Promise<number> {
    if (!this.#followSymlinks) this.#directories.check(parentOf(key))
    return patiently(() => openSync(this.#path(key), this.#readFlags))
  }

  #remove(key: string): void {
    const path = this.#path(key)
    try {
      this.#directories.check(parentOf(key))
      unlinkSync(path)
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return
      // Some systems say EPERM of a directory, which is no object and so not there.
      if ((errno === 'EISDIR' || errno === 'EPERM') && isDirectory(path)) return
      throw fileError(error, 'delete', this.uri + key, path)
    }
  }

  /** The key's URI, for messages. */
  #check(key: string, signal: AbortSignal | undefined): string {
    checkKey(key, this.uri)
    const uri = this.uri + key
    throwIfAborted(signal, uri)
    return uri
  }

  #path(key: string): string {
    return `${this.#root}/${key}`
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
