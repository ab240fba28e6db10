/** SimulatedStore: the object store as one process reaches it, over a network that has faults. */
import type { DunlinError } from '../../operators/index.ts'
import { checkKey, checkPrefix } from '../../src/store/key.ts'
import type {
  Body,
  ByteRange,
  ObjectInfo,
  ObjectStore,
  ObjectWriter,
  PutResult,
  RequestOptions,
  StreamOptions,
} from '../../src/store/object-store.ts'
import { checkRange, notFound, piecesOf, shorterThanAsked } from '../../src/store/request.ts'
import { flipped, truncated } from './damage.ts'
import type { Objects, SpaceObject } from './object-space.ts'
import { type RequestSource, type StoreRequest, send } from './store-request.ts'
import type { World } from './world.ts'

export const ENGINE_URI = 'memory://engine/'

/** What S3 takes in one request. */
const MOST_DELETED_KEYS = 1_000
/** What a lent piece is overwritten with when its time is over. */
const LENT_BYTE = 0xaa

interface StreamBody {
  readonly bytes: Uint8Array
  readonly breaksWith?: DunlinError
}

export class SimulatedStore implements ObjectStore {
  readonly uri: string
  readonly #world: World
  readonly #source: RequestSource
  readonly #space: Objects

  constructor(world: World, source: RequestSource, space: Objects) {
    this.uri = space.uri
    this.#world = world
    this.#source = source
    this.#space = space
  }

  async get(key: string, range?: ByteRange, options?: RequestOptions): Promise<Uint8Array> {
    const uri = this.#check(key)
    if (range !== undefined) checkRange(range, uri)
    return this.#send<Uint8Array>({
      kind: 'get',
      uri,
      signal: options?.signal,
      checked: this.uri === ENGINE_URI,
      apply: by => this.#bytes(key, range, by),
      damage: (bytes, how) => this.#damaged(bytes, how),
    })
  }

  async *stream(
    key: string,
    range: { readonly offset: number; readonly length?: number } = { offset: 0 },
    options?: StreamOptions,
  ): AsyncGenerator<Uint8Array> {
    const uri = this.#check(key)
    checkRange(range, uri)
    const { random } = this.#source
    const body = await this.#send<StreamBody>({
      kind: 'stream',
      uri,
      signal: options?.signal,
      checked: this.uri === ENGINE_URI,
      apply: by => ({ bytes: this.#bytes(key, range, by) }),
      damage: ({ bytes }, how) => ({ bytes: this.#damaged(bytes, how) }),
      reset: ({ bytes }, breaksWith) => ({ bytes: truncated(bytes, random), breaksWith }),
    })
    const pieceBytes = Math.max(1, Math.ceil(body.bytes.length / random.between(1, 3)))
    for (let at = 0; at < body.bytes.length; at += pieceBytes) {
      const piece = body.bytes.slice(at, at + pieceBytes)
      yield piece
      if (options?.lent) piece.fill(LENT_BYTE)
    }
    if (body.breaksWith !== undefined) throw body.breaksWith
  }

  async put(
    key: string,
    body: Body,
    options?: RequestOptions & { readonly ifAbsent?: boolean },
  ): Promise<PutResult> {
    const ifAbsent = options?.ifAbsent ?? false
    const uri = this.#check(key)
    let held: Uint8Array | null = null
    return this.#send<PutResult>({
      kind: ifAbsent ? 'create' : 'put',
      uri,
      signal: options?.signal,
      checked: false,
      // Read only when it arrives: what is sent must not change before.
      apply: by => {
        const bytes = held ?? joined(piecesOf(body))
        if (!this.#space.put(key, bytes, { by, ifAbsent })) return { created: false }
        return { created: true, version: this.#space.get(key)!.version }
      },
      hold: () => {
        held = joined(piecesOf(body))
      },
      lostRace: { created: false },
    })
  }

  async writer(key: string, options?: RequestOptions): Promise<ObjectWriter> {
    const uri = this.#check(key)
    const request = { uri, signal: options?.signal, checked: false }
    await this.#send({ ...request, kind: 'open', apply: () => undefined })
    const parts: (Uint8Array | null)[] = []
    let closed = false
    const open = (): void => {
      if (closed) throw new Error(`the writer of ${uri} is closed`)
    }
    return {
      write: async body => {
        open()
        const number = parts.push(null) - 1
        await this.#send({
          ...request,
          kind: 'upload',
          apply: () => {
            parts[number] = joined(piecesOf(body))
          },
        })
      },
      close: async ({ ifAbsent = false } = {}) => {
        open()
        const put = await this.#send<PutResult>({
          ...request,
          kind: 'complete',
          apply: by => {
            const there = parts.filter(part => part !== null)
            if (there.length < parts.length) throw new Error(`parts of ${uri} were not uploaded`)
            if (!this.#space.put(key, joined(there), { by, ifAbsent })) return { created: false }
            return { created: true, version: this.#space.get(key)!.version }
          },
        })
        closed = true
        return put
      },
      abort: async () => {
        closed = true
      },
    }
  }

  async head(key: string, options?: RequestOptions): Promise<ObjectInfo | undefined> {
    const uri = this.#check(key)
    return this.#send<ObjectInfo | undefined>({
      kind: 'head',
      uri,
      signal: options?.signal,
      checked: false,
      apply: () => this.#info(key),
    })
  }

  async *list(prefix: string, options?: RequestOptions): AsyncGenerator<ObjectInfo> {
    checkPrefix(prefix, this.uri)
    const { pageKeys } = this.#world
    let after: string | null = null
    for (;;) {
      const page: readonly ObjectInfo[] = await this.#send<readonly ObjectInfo[]>({
        kind: 'list',
        uri: this.uri + prefix,
        signal: options?.signal,
        checked: false,
        apply: () => this.#space.page(prefix, after, pageKeys).map(key => this.#info(key)!),
      })
      yield* page
      if (page.length < pageKeys) return
      after = page.at(-1)!.key
    }
  }

  /** What a writer has not finished is nowhere. */
  async sweep(): Promise<void> {}

  async delete(keys: readonly string[], options?: RequestOptions): Promise<void> {
    for (const key of keys) this.#check(key)
    if (keys.length > MOST_DELETED_KEYS) throw new Error(`${keys.length} keys in one request`)
    await this.#send({
      kind: 'delete',
      uri: `${this.uri} [${keys.join(' ')}]`,
      signal: options?.signal,
      checked: false,
      apply: by => {
        for (const key of keys) this.#space.delete(key, by)
      },
    })
  }

  async move(from: string, to: string, options?: RequestOptions): Promise<void> {
    const uri = this.#check(from)
    this.#check(to)
    await this.#send({
      kind: 'move',
      uri: `${uri} → ${to}`,
      signal: options?.signal,
      checked: false,
      apply: by => {
        if (!this.#space.move(from, to, by)) throw notFound(uri)
      },
    })
  }

  #send<T>(request: StoreRequest<T>): Promise<T> {
    return send(this.#world, this.#source, request)
  }

  #check(key: string): string {
    checkKey(key, this.uri)
    return this.uri + key
  }

  #object(key: string): SpaceObject {
    const object = this.#space.get(key)
    if (object === undefined) throw notFound(this.uri + key)
    return object
  }

  #bytes(key: string, range: { readonly offset: number; readonly length?: number } | undefined, by: string) {
    const { bytes } = this.#object(key)
    this.#space.noteRead(key, by)
    if (range === undefined) return bytes.slice()
    const end = range.length === undefined ? bytes.length : range.offset + range.length
    if (range.offset > bytes.length || end > bytes.length) {
      throw shorterThanAsked(this.uri + key, range, bytes.length)
    }
    return bytes.slice(range.offset, end)
  }

  #info(key: string): ObjectInfo | undefined {
    const object = this.#space.get(key)
    return object && { key, sizeBytes: object.bytes.length, version: object.version }
  }

  #damaged(bytes: Uint8Array, how: 'wrongBytes' | 'truncatedBody'): Uint8Array {
    const { random } = this.#source
    return how === 'wrongBytes' ? flipped(bytes, random) : truncated(bytes, random)
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return bytes
}
