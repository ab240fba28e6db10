/** Writes one object of a file store into a temporary file, and publishes or discards it. */
import { closeSync, fstatSync, renameSync, unlinkSync } from 'node:fs'
import { DunlinError } from '../../operators/index.ts'
import { fileError } from './file-error.ts'
import { writeFully } from './file-io.ts'
import { versionOf } from './file-list.ts'
import type { Body, ObjectWriter, PutResult } from './object-store.ts'
import { publishIfAbsent } from './publish-file.ts'
import { piecesOf, throwIfAborted } from './request.ts'
import type { TempFile } from './temp-file.ts'

export interface FileTarget {
  readonly path: string
  readonly uri: string
  readonly signal: AbortSignal | undefined
  /** Called when the temporary file is gone and nothing came of it. */
  discarded(): void
}

/**
 * Calls are carried out one after another, also where the caller does not await them. After any failure the
 * temporary file is gone: a full disk gets its space back at once.
 */
export class FileWriter implements ObjectWriter {
  readonly #temp: TempFile
  readonly #target: FileTarget
  #last: Promise<unknown> = Promise.resolve()
  #ended = false

  constructor(temp: TempFile, target: FileTarget) {
    this.#temp = temp
    this.#target = target
  }

  write(bytes: Body): Promise<void> {
    const pieces = piecesOf(bytes)
    return this.#next(() => writeFully(this.#temp.fd, pieces, this.#target.signal, this.#target.uri))
  }

  /** Closes the file and gives it its name: in the place of any other, or only if there is none. */
  close({ ifAbsent = false }: { readonly ifAbsent?: boolean } = {}): Promise<PutResult> {
    return this.#next(async () => {
      const version = versionOf(fstatSync(this.#temp.fd, { bigint: true }))
      closeSync(this.#temp.fd)
      this.#ended = true
      try {
        if (!ifAbsent) renameSync(this.#temp.path, this.#target.path)
        else if (!(await publishIfAbsent(this.#temp.path, this.#target.path))) return { created: false }
        return { created: true, version }
      } catch (error) {
        this.#removeTemp()
        throw error
      }
    })
  }

  async abort(): Promise<void> {
    await this.#last.catch(() => {})
    this.#discard()
  }

  async #next<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      try {
        if (this.#ended) throw new DunlinError('STORE', `the writer of ${this.#target.uri} has ended`)
        throwIfAborted(this.#target.signal, this.#target.uri)
        return await step()
      } catch (error) {
        this.#discard()
        throw fileError(error, 'write', this.#target.uri, this.#target.path)
      }
    })
    // The caller has the failure; the next step meets the ended writer.
    this.#last = done.catch(() => {})
    return done
  }

  #discard(): void {
    if (this.#ended) return
    this.#ended = true
    try {
      closeSync(this.#temp.fd)
    } finally {
      this.#removeTemp()
    }
  }

  #removeTemp(): void {
    try {
      unlinkSync(this.#temp.path)
    } catch {
      // Gone already.
    }
    this.#target.discarded()
  }
}
