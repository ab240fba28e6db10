/** MemoryStore: an object store inside this process, for tests and for the inline backend. */
import { DunlinError } from '../../operators/index.ts'
import { checkKey, checkPrefix, compareKeys } from './key.ts'
import type {
  Body,
  ByteRange,
  ObjectInfo,
  ObjectStore,
  ObjectWriter,
  PutResult,
  RequestOptions,
} from './object-store.ts'
import { bytesOf, checkRange, notFound, piecesOf, shorterThanAsked, throwIfAborted } from './request.ts'

interface StoredObject {
  readonly bytes: Uint8Array
  readonly version: string
}

const STREAM_PIECE_BYTES = 1 << 20

/**
 * Objects in a Map. Bytes are copied on the way in and out, so that nobody shares a buffer with the store.
 *
 * @example
 * const store = new MemoryStore({ name: 'test' })
 * await store.put('a/b', new Uint8Array([1, 2, 3]))
 */
export class MemoryStore implements ObjectStore {
  readonly uri: string
  readonly #objects = new Map<string, StoredObject>()
  #writes = 0

  constructor(options: { readonly name: string }) {
    this.uri = `memory://${options.name}/`
  }

  async get(key: string, range?: ByteRange, options?: RequestOptions): Promise<Uint8Array> {
    const uri = this.#check(key, options?.signal)
    if (range === undefined) return this.#object(key).bytes.slice()
    checkRange(range, uri)
    const { bytes } = this.#object(key)
    if (range.offset + range.length > bytes.byteLength) throw shorterThanAsked(uri, range, bytes.byteLength)
    return bytes.slice(range.offset, range.offset + range.length)
  }

  async *stream(
    key: string,
    range: { readonly offset: number; readonly length?: number } = { offset: 0 },
    options?: RequestOptions,
  ): AsyncGenerator<Uint8Array> {
    const uri = this.#check(key, options?.signal)
    checkRange(range, uri)
    const { bytes } = this.#object(key)
    const end = range.length === undefined ? bytes.byteLength : range.offset + range.length
    if (end > bytes.byteLength || range.offset > bytes.byteLength) {
      throw shorterThanAsked(uri, range, bytes.byteLength)
    }
    for (let at = range.offset; at < end; at += STREAM_PIECE_BYTES) {
      throwIfAborted(options?.signal, uri)
      yield bytes.slice(at, Math.min(at + STREAM_PIECE_BYTES, end))
    }
  }

  async put(
    key: string,
    body: Body,
    options?: RequestOptions & { readonly ifAbsent?: boolean },
  ): Promise<PutResult> {
    this.#check(key, options?.signal)
    if (options?.ifAbsent && this.#objects.has(key)) return { created: false }
    return { created: true, version: this.#keep(key, joined(piecesOf(body))) }
  }

  async writer(key: string, options?: RequestOptions): Promise<ObjectWriter> {
    const uri = this.#check(key, options?.signal)
    let pieces: Uint8Array[] | null = []
    const open = (): Uint8Array[] => {
      throwIfAborted(options?.signal, uri)
      if (pieces === null) throw new DunlinError('STORE', `the writer of ${uri} is closed`)
      return pieces
    }
    return {
      write: async bytes => {
        open().push(joined(piecesOf(bytes)))
      },
      close: async ({ ifAbsent = false } = {}) => {
        const bytes = joined(open())
        pieces = null
        if (ifAbsent && this.#objects.has(key)) return { created: false }
        return { created: true, version: this.#keep(key, bytes) }
      },
      abort: async () => {
        pieces = null
      },
    }
  }

  async head(key: string, options?: RequestOptions): Promise<ObjectInfo | undefined> {
    this.#check(key, options?.signal)
    const object = this.#objects.get(key)
    return object && { key, sizeBytes: object.bytes.byteLength, version: object.version }
  }

  async *list(prefix: string, options?: RequestOptions): AsyncGenerator<ObjectInfo> {
    checkPrefix(prefix, this.uri)
    const keys = [...this.#objects.keys()].filter(key => key.startsWith(prefix)).sort(compareKeys)
    for (const key of keys) {
      throwIfAborted(options?.signal, this.uri)
      const object = this.#objects.get(key)
      if (object) yield { key, sizeBytes: object.bytes.byteLength, version: object.version }
    }
  }

  async sweep(): Promise<void> {}

  async delete(keys: readonly string[], options?: RequestOptions): Promise<void> {
    for (const key of keys) this.#check(key, options?.signal)
    for (const key of keys) this.#objects.delete(key)
  }

  async move(from: string, to: string, options?: RequestOptions): Promise<void> {
    this.#check(from, options?.signal)
    this.#check(to, options?.signal)
    const object = this.#object(from)
    if (from === to) return
    this.#objects.set(to, object)
    this.#objects.delete(from)
  }

  /** The key's URI. */
  #check(key: string, signal: AbortSignal | undefined): string {
    checkKey(key, this.uri)
    throwIfAborted(signal, this.uri + key)
    return this.uri + key
  }

  #object(key: string): StoredObject {
    const object = this.#objects.get(key)
    if (object === undefined) throw notFound(this.uri + key)
    return object
  }

  #keep(key: string, bytes: Uint8Array): string {
    const version = `${bytes.byteLength}-${++this.#writes}`
    this.#objects.set(key, { bytes, version })
    return version
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(bytesOf(pieces))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return bytes
}
